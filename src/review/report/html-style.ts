/** The page's own style: light and dark, narrow and wide, no font, script or picture from elsewhere. */
export const style = `
:root { color-scheme: light dark;
  --ground: #f6f8fa; --sheet: #fff; --ink: #1f2328; --soft: #59636e; --edge: #d1d9e0; --link: #0969da;
  --added: #dafbe1; --added-ink: #116329; --removed: #ffebe9; --removed-ink: #a40e26; --hunk: #ddf4ff; --code: #eff2f5;
  --failure: #cf222e; --success: #1a7f37; --neutral: #9a6700; --skipped: #59636e; --new: #1a7f37; --changed: #9a6700; --dropped: #cf222e; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #010409; --sheet: #0d1117; --ink: #e6edf3; --soft: #9198a1; --edge: #3d444d; --link: #4493f8;
  --added: #12261e; --added-ink: #7ee2a8; --removed: #2c1518; --removed-ink: #ffa198; --hunk: #0c1e33; --code: #212830;
  --failure: #f85149; --success: #3fb950; --neutral: #d29922; --skipped: #9198a1; --new: #3fb950; --changed: #d29922; --dropped: #f85149; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 24px; font-weight: 600; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 36px 0 12px; }
h3 { font-size: 17px; margin: 0 0 12px; } h4 { font-size: 15px; margin: 20px 0 8px; }
a { color: var(--link); }
.soft, sub { color: var(--soft); font-size: 13px; }
sub { vertical-align: baseline; }
code, pre { font: 12.5px/1.5 ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
code { background: var(--code); border-radius: 5px; padding: 2px 5px; overflow-wrap: anywhere; }
pre code { background: none; padding: 0; }
.sheet { background: var(--sheet); border: 1px solid var(--edge); border-radius: 8px; }
.check { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; padding: 12px 16px; margin-top: 16px; border-left: 4px solid var(--tone); }
.check b { color: var(--tone); } .check .where { margin-left: auto; }
.failure { --tone: var(--failure); } .success { --tone: var(--success); } .neutral { --tone: var(--neutral); } .skipped { --tone: var(--skipped); }
.summary { padding: 16px 20px; }
.markdown > :first-child { margin-top: 0; } .markdown > :last-child { margin-bottom: 0; }
.markdown p { margin: 10px 0; overflow-wrap: anywhere; } .markdown ul { margin: 8px 0; padding-left: 22px; } .markdown li { overflow-wrap: anywhere; }
details { border: 1px solid var(--edge); border-radius: 6px; margin: 8px 0; padding: 0 12px; }
summary { cursor: pointer; padding: 8px 0; overflow-wrap: anywhere; }
.markdown table:not(.entity) { display: block; overflow-x: auto; border-collapse: collapse; margin: 4px 0 14px; font-size: 13.5px; }
.markdown table:not(.entity) :is(td, th) { border: 1px solid var(--edge); padding: 5px 10px; text-align: left; vertical-align: top; }
.markdown table:not(.entity) td:nth-child(n+3) { min-width: 140px; }
.file { margin: 0 0 20px; overflow: hidden; }
.file > header { padding: 9px 14px; border-bottom: 1px solid var(--edge); background: var(--ground); overflow-wrap: anywhere; }
.file > header code { background: none; padding: 0; font-weight: 600; }
details.file { padding: 0; } details.file > summary { padding: 9px 14px; } details.file > summary code { background: none; padding: 0; }
.lines { display: grid; grid-template-columns: minmax(0, 1fr); }
.row { display: grid; grid-template-columns: 44px 44px 18px minmax(0, 1fr); font: 12.5px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.row > span { white-space: pre-wrap; overflow-wrap: anywhere; padding: 0 4px; tab-size: 4; }
.row > span:nth-child(-n+2) { color: var(--soft); text-align: right; user-select: none; }
.row.added { background: var(--added); } .row.removed { background: var(--removed); }
.row.hunk { background: var(--hunk); color: var(--soft); } .row.gap { color: var(--soft); }
.comment { margin: 8px 14px 10px 58px; max-width: 760px; font-size: 14px; }
.comment > header { padding: 7px 14px; border-bottom: 1px solid var(--edge); color: var(--soft); font-size: 13px; }
.comment > header b { color: var(--ink); }
.comment > .markdown { padding: 12px 14px; }
.diffblock { border: 1px solid var(--edge); border-radius: 6px; overflow: hidden; margin: 10px 0; }
.diffblock .caption { padding: 5px 12px; border-bottom: 1px solid var(--edge); color: var(--soft); font-size: 12.5px; }
.diffblock pre { margin: 0; padding: 6px 0; overflow-x: auto; }
.diffblock .line { display: block; padding: 0 12px; min-width: max-content; }
.line.added { background: var(--added); color: var(--added-ink); } .line.removed { background: var(--removed); color: var(--removed-ink); }
.diagram { display: flex; flex-wrap: wrap; gap: 14px; margin: 10px 0 14px; align-items: flex-start; }
.entity { border: 1px solid var(--edge); border-radius: 6px; border-spacing: 0; font-size: 13px; overflow: hidden; }
.entity caption { font-weight: 600; text-align: left; padding: 4px 2px; overflow-wrap: anywhere; }
.entity td { padding: 2px 8px; border-top: 1px solid var(--edge); } .entity tr:first-child td { border-top: 0; }
.entity td:nth-child(2), .entity td:nth-child(3) { color: var(--soft); }
.entity em, .links em { font-style: normal; font-size: 11.5px; font-weight: 600; }
.new > caption em, .new td em, em.new { color: var(--new); } .changed > caption em, tr.changed td em { color: var(--changed); }
.dropped > caption em, tr.dropped td em, em.dropped { color: var(--dropped); } tr.dropped td:first-child { text-decoration: line-through; }
@media (max-width: 640px) {
  main { padding: 16px 10px 48px; } .summary { padding: 14px; } .check .where { margin-left: 0; }
  .row { grid-template-columns: 0 34px 14px minmax(0, 1fr); } .row > span:first-child { visibility: hidden; padding: 0; }
  .comment { margin: 8px 8px 10px; }
}
`;
