import { createHash } from "node:crypto";
import type { Dialect } from "../types.ts";
import { pluralOf } from "./inflection.ts";

/** GORM's `schema.NamingStrategy`, as far as it is written down in constants. */
export interface NamingStrategy {
  readonly tablePrefix: string;
  readonly singularTable: boolean;
  readonly noLowerCase: boolean;
}

export const usualNaming: NamingStrategy = { tablePrefix: "", singularTable: false, noLowerCase: false };

/** The table of a struct without a name of its own: `user_addresses` of `UserAddress`. */
export function tableNameOf(struct: string, naming: NamingStrategy): string {
  const name = columnNameOf(struct, naming);
  return naming.tablePrefix + (naming.singularTable ? name : pluralOf(name));
}

/** A table of `many2many`: a small name stands as it is. */
export function joinTableNameOf(name: string, naming: NamingStrategy): string {
  if (!naming.noLowerCase && name.toLowerCase() === name) return naming.tablePrefix + name;
  return tableNameOf(name, naming);
}

/** A field's column: `user_id` of `UserID`, `http_server` of `HTTPServer`. */
export function columnNameOf(field: string, { noLowerCase }: Pick<NamingStrategy, "noLowerCase">): string {
  if (noLowerCase || field === "") return field;
  const value = field.replace(initialisms, (word) => word.charAt(0) + word.slice(1).toLowerCase());
  let name = "";
  let wasUpper = false;
  for (let i = 0; i < value.length; i += 1) {
    const [character, next] = [value.charAt(i), value.charAt(i + 1)];
    if (!isUpper(character)) {
      name += character;
      wasUpper = false;
      continue;
    }
    const isInside = wasUpper && next !== "" && (isUpper(next) || /\d/.test(next));
    const isAtEnd = next === "" && wasUpper;
    const isApart = i > 0 && value.charAt(i - 1) !== "_" && next !== "_";
    if (!isInside && !isAtEnd && isApart) name += "_";
    name += character.toLowerCase();
    wasUpper = true;
  }
  return name;
}

function isUpper(character: string): boolean {
  return character >= "A" && character <= "Z";
}

/** At one place the first that fits is taken, as Go's `strings.Replacer` does (`HTTP` before `HTTPS`). */
const initialisms =
  /API|ASCII|CPU|CSS|DNS|EOF|GUID|HTML|HTTP|HTTPS|ID|IP|JSON|LHS|QPS|RAM|RHS|RPC|SLA|SMTP|SSH|TLS|TTL|UID|UI|UUID|URI|URL|UTF8|VM|XML|XSRF|XSS/g;

/** What GORM calls an index, a constraint or a check, cut to what the database can hold. */
export function objectNameOf(prefix: string, table: string, name: string, dialect: Dialect): string {
  const whole = `${prefix}_${table}_${name}`.replaceAll(".", "_");
  const longest = dialect === "postgresql" ? 63 : 64;
  if ([...whole].length <= longest) return whole;
  return whole.slice(0, longest - 8) + createHash("sha1").update(whole).digest("hex").slice(0, 8);
}
