/** A call of a program in a script, a Makefile or a workflow. */
export interface CommandLine {
  /** What stands before the program's name on its line. */
  readonly before: string;
  /** From the program's name to the end of the command. */
  readonly words: string;
}

/** The commands of a text that call a program; a line that ends with a backslash goes on in the next one. */
export function commandLinesIn(text: string, program: RegExp): CommandLine[] {
  return text
    .replaceAll(/\\\r?\n/g, " ")
    .split(/\r?\n|;/)
    .flatMap((line) => {
      const at = line.search(program);
      if (at < 0) return [];
      return [{ before: line.slice(0, at), words: line.slice(at).split(/&&|\|/, 1)[0] ?? "" }];
    });
}

/** The folder that a command changes to on its line, as it is written; "." where it does not. */
export function folderBefore({ before }: CommandLine): string {
  return /\bcd\s+["']?([^\s"'&;]+)["']?\s*&&/.exec(before)?.[1] ?? ".";
}

/** A path with its variables (`$A`, `${A}`, `$(A)`, `{{.A}}`) as a text sets them; null where one is not set there. */
export function filledIn(path: string, text: string): string | null {
  let isKnown = true;
  const filled = path.replaceAll(
    /\$\((\w+)\)|\$\{(\w+)\}|\$(\w+)|\{\{\s*\.?(\w+)\s*\}\}/g,
    (_, ...names: (string | undefined)[]) => {
      const name = names.slice(0, 4).find((one) => one !== undefined) ?? "";
      if (name === "CURDIR" || name === "PWD") return ".";
      const value = new RegExp(
        `^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*[:?]{0,2}[=:][ \\t]*["']?([^\\s"'#]+)`,
        "m",
      ).exec(text)?.[1];
      if (value === undefined || /[${]/.test(value)) isKnown = false;
      return value ?? "";
    },
  );
  return isKnown ? filled : null;
}
