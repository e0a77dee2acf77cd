import { writeFile } from "node:fs/promises";

/** What a person's terminal can do, as far as it says. */
export interface Terminal {
  readonly colour: boolean;
  readonly width: number;
}

/** Colour only where it is wanted: `--no-color`, NO_COLOR and FORCE_COLOR go before what the stream is. */
export function terminalOf(
  stream: NodeJS.WriteStream,
  { color, toFile = false }: { color: boolean; toFile?: boolean },
): Terminal {
  return { colour: color && wantsColour(stream.isTTY && !toFile), width: stream.columns ?? 100 };
}

function wantsColour(isTerminal: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return isTerminal && TERM !== "dumb";
}

/** Writes to the file, or to standard output; resolves when all of it is out, or nobody reads any more. */
export async function put(text: string, file: string | undefined): Promise<void> {
  if (file !== undefined) return writeFile(file, text);
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") reject(error);
      else resolve();
    });
  });
}

/** A reader that goes away early, as `| head` does, is no failure. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

/** One line on standard error that says what is being done; nothing where nobody watches. */
export function progressLine(stream: NodeJS.WriteStream = process.stderr) {
  let last = 0;
  return {
    show({ phase, done, of }: { phase: string; done: number; of: number }) {
      if (!stream.isTTY || Date.now() - last < 60) return;
      last = Date.now();
      const text = of > 0 ? `${phase} ${done} of ${of}` : phase;
      stream.write(`\r\u001b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
    },
    clear() {
      if (stream.isTTY && last > 0) stream.write("\r\u001b[2K");
      last = 0;
    },
  };
}
