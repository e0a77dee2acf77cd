/** Options of a call by their names; one that is given no value has an empty one. */
export type CallOptions = Readonly<Partial<Record<string, string>>>;

/**
 * The words behind a program's name in each command of a `package.json`'s scripts that calls it, quotes left out. `program` matches
 * its name; a file that is no JSON has none.
 */
export function callsInScripts(text: string, program: RegExp): string[][] {
  return scriptsIn(text)
    .flatMap((script) => script.split(/&&|\|\||[;|&]/))
    .flatMap((command) => {
      const name = program.exec(command);
      return name ? [wordsIn(command.slice(name.index + name[0].length))] : [];
    });
}

/** `--name value`, `--name=value` and `--name`, and those that have a `short` form. */
export function optionsIn(
  words: readonly string[],
  short: Readonly<Record<string, string>> = {},
): CallOptions {
  return Object.fromEntries(
    words.flatMap((word, i) => {
      const [, name = "", value] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? ["", short[word] ?? ""];
      const next = words[i + 1] ?? "";
      return name === "" ? [] : [[name, value ?? (next.startsWith("-") ? "" : next)]];
    }),
  );
}

function scriptsIn(text: string): string[] {
  try {
    const { scripts } = Object(JSON.parse(text)) as { scripts?: unknown };
    return Object.values(Object(scripts)).filter((script) => typeof script === "string");
  } catch {
    return [];
  }
}

/** Quotes may stand around a word or within it: `--config="a b"`. */
function wordsIn(args: string): string[] {
  return [...args.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ""));
}
