/** What a struct's tag says under one key, as Go's `reflect.StructTag` reads it. */
export function tagValueOf(tag: string | null, key: string): string {
  for (const [, name, value = ""] of (tag ?? "").matchAll(/\s*([^\s":]+):"((?:[^"\\]|\\.)*)"/gs)) {
    if (name === key)
      return value.replace(/\\(.)/gs, (_, character: string) => escapes[character] ?? character);
  }
  return "";
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/** The settings of a tag by their names in capitals; one without a value has its own name. A separator can be escaped. */
export function settingsOf(tag: string, separator: ";" | ","): Map<string, string> {
  const settings = new Map<string, string>();
  const parts = tag.split(separator);
  for (let i = 0; i < parts.length; i += 1) {
    let part = parts[i] ?? "";
    while (part.endsWith("\\") && i + 1 < parts.length) {
      i += 1;
      part = part.slice(0, -1) + separator + (parts[i] ?? "");
    }
    const [name = "", ...values] = part.split(":");
    const key = name.toUpperCase().trim();
    if (values.length > 0) settings.set(key, values.join(":").replaceAll('\\"', '"'));
    else if (key !== "") settings.set(key, key);
  }
  return settings;
}

/** Whether one of the settings is given and is not `false`. */
export function isSet(settings: ReadonlyMap<string, string>, ...names: readonly string[]): boolean {
  return names.some((name) => {
    const value = settings.get(name) ?? "";
    return value !== "" && value.toLowerCase() !== "false";
  });
}

/** The names of a list between commas. */
export function namesIn(value: string | undefined): string[] {
  return value ? value.split(",").map((name) => name.trim()) : [];
}
