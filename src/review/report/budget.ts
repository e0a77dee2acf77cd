/** A part of a Markdown page that can be shortened: whole units from its end are left out, never a piece of one. */
export interface Section {
  /** Lower is kept first. */
  readonly priority: number;
  readonly open: string;
  readonly units: readonly string[];
  readonly close: string;
  /** Between two units. */
  readonly separator: string;
  /** What is said in place of units that were left out. */
  cut(left: number): string;
}

/** Room for what says that something was cut. */
const noteRoom = 200;

/**
 * Sections in their order, together at most `limit` characters. Where they are too long, those of lower priority lose
 * units first, and each says how many; opening and closing parts always stand together.
 */
export function withinLimit(sections: readonly Section[], limit: number): string {
  const kept = new Map<Section, string>();
  let room = limit;
  for (const section of sections.toSorted((a, b) => a.priority - b.priority)) {
    const text = fitted(section, room - 2);
    kept.set(section, text);
    if (text !== "") room -= text.length + 2;
  }
  return sections.flatMap((section) => kept.get(section) || []).join("\n\n");
}

function fitted(section: Section, room: number): string {
  const { open, units, close, separator } = section;
  if (units.length === 0) return "";
  const whole = [open, units.join(separator), close].filter(Boolean).join("\n");
  if (whole.length <= room) return whole;
  let used = open.length + close.length + noteRoom;
  let fits = 0;
  for (const unit of units) {
    used += unit.length + separator.length;
    if (used > room) break;
    fits++;
  }
  const note = section.cut(units.length - fits);
  if (fits === 0) return note.length <= room ? note : "";
  return [open, units.slice(0, fits).join(separator), close, `\n${note}`].filter(Boolean).join("\n");
}
