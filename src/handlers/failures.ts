/** What went wrong at GitHub, in the few kinds that are answered differently. */
export type Failure =
  | { readonly kind: "permission"; readonly needed: string | null }
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly status: number; readonly message: string }
  | { readonly kind: "unknown" };

interface RequestFailure {
  readonly status: number;
  readonly message: string;
  readonly response?: { readonly headers?: Record<string, unknown> };
}

/**
 * What an error of a request means. `unknown`: the answer was lost or the server failed, so that it may or may not have
 * been done; also any error that no request caused.
 */
export function failureOf(error: unknown): Failure {
  if (!isRequestFailure(error) || error.response === undefined || error.status >= 500)
    return isForbidden(error) ? { kind: "permission", needed: null } : { kind: "unknown" };
  const { status, message, response } = error;
  if (status === 404 || status === 410) return { kind: "gone" };
  if (status === 403 && /not accessible by integration/i.test(message)) {
    const needed = response.headers?.["x-accepted-github-permissions"];
    return { kind: "permission", needed: typeof needed === "string" ? needed : null };
  }
  return { kind: "refused", status, message };
}

/** How to give what is missing, for the log and for the check. */
export function permissionHelp(needed: string | null): string {
  const which = needed ? `the permission ${needed.replaceAll("=", ": ")}` : "a permission";
  return `Drydock lacks ${which}. Grant it in the app's settings under "Permissions & events", then accept the change in the settings of the installation.`;
}

/** Fields for a log: an error's kind, its request and where it came from. Not its message, which may quote a pull request. */
export function fieldsOf(error: unknown): Record<string, unknown> {
  const { kind: failure } = failureOf(error);
  const {
    status,
    name,
    message = "",
    stack = "",
    request,
  } = (error ?? {}) as {
    status?: number;
    name?: string;
    message?: string;
    stack?: string;
    request?: { method?: string; url?: string };
  };
  if (request?.url) return { failure, status, call: `${request.method ?? ""} ${pathOf(request.url)}` };
  // The stack begins with the message, whose lines may look like its own.
  const frames = stack
    .replace(message, () => "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line));
  return { failure, error: name, at: frames.slice(0, 8).map((line) => line.trim()) };
}

function isRequestFailure(error: unknown): error is RequestFailure {
  return error instanceof Error && typeof (error as { status?: unknown }).status === "number";
}

/** GraphQL says it with status 200 and a type. */
function isForbidden(error: unknown): boolean {
  const errors = (error as { errors?: unknown })?.errors;
  return Array.isArray(errors) && errors.some((one) => (one as { type?: string })?.type === "FORBIDDEN");
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
