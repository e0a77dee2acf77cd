import type { Dialect } from "../types.ts";

/** What GORM makes of a type of another module. */
export interface OutsideType {
  /** The kind of its values as GORM sees them; "" where that says nothing. */
  readonly kind: OutsideKind;
  readonly bits: 0 | 8 | 16 | 32 | 64;
  /** Whether it can hold NULL. */
  readonly isNullable: boolean;
  /** Its own word for its type, whatever a tag says; null when the tag and the kind decide. */
  readonly column: Readonly<Record<Dialect, string>> | null;
}

type OutsideKind = "bool" | "int" | "uint" | "float" | "string" | "time" | "bytes" | "date" | "";

/** The type by its package's path and its name; null when nothing is known of it. */
export function outsideTypeOf(path: string, name: string): OutsideType | null {
  const row = known[`${path.replace(/(\/v\d+|\.v\d+)$/, "")}.${name}`];
  if (!row) return null;
  const [kind = "", bits = "0", ...rest] = row.split(" ");
  return {
    kind: kinds.find((one) => one === kind) ?? "",
    bits: sizes.find((size) => `${size}` === bits) ?? 0,
    isNullable: rest.includes("null"),
    column: own[`${path}.${name}`] ?? null,
  };
}

const kinds = ["bool", "int", "uint", "float", "string", "time", "bytes", "date", ""] as const;
const sizes = [0, 8, 16, 32, 64] as const;

const json = { postgresql: "JSONB", sqlite: "JSON" };

/** `GormDBDataType` of gorm.io/datatypes. */
const own: Readonly<Record<string, Readonly<Record<Dialect, string>>>> = {
  "gorm.io/datatypes.JSON": json,
  "gorm.io/datatypes.JSONMap": json,
  "gorm.io/datatypes.JSONType": json,
  "gorm.io/datatypes.JSONSlice": json,
  "gorm.io/datatypes.Time": { postgresql: "TIME", sqlite: "TEXT" },
  "gorm.io/datatypes.URL": { postgresql: "TEXT", sqlite: "TEXT" },
  "gorm.io/datatypes.UUID": { postgresql: "UUID", sqlite: "TEXT" },
  "gorm.io/datatypes.BinUUID": { postgresql: "BYTEA", sqlite: "BLOB" },
};

/**
 * Types as their sources have them: a `Value` method's result for the zero value, else the first field. What gives nothing a
 * column could be made of has no kind: its tag then says the type.
 */
const known: Readonly<Record<string, string>> = {
  "time.Time": "time",
  "time.Duration": "int 64",
  "time.Month": "int 64",
  "time.Weekday": "int 64",
  "database/sql.NullString": "string 0 null",
  "database/sql.NullInt64": "int 64 null",
  "database/sql.NullInt32": "int 32 null",
  "database/sql.NullInt16": "int 16 null",
  "database/sql.NullByte": "uint 8 null",
  "database/sql.NullFloat64": "float 64 null",
  "database/sql.NullBool": "bool 0 null",
  "database/sql.NullTime": "time 0 null",
  "database/sql.RawBytes": "bytes 0 null",
  "encoding/json.RawMessage": "bytes 0 null",
  "net.IP": "bytes 0 null",
  "net.IPNet": " 0 null",
  "gorm.io/gorm.DeletedAt": "time 0 null",
  "gorm.io/plugin/soft_delete.DeletedAt": "uint 64",
  "gorm.io/datatypes.JSON": " 0 null",
  "gorm.io/datatypes.JSONMap": " 0 null",
  "gorm.io/datatypes.JSONType": " 0 null",
  "gorm.io/datatypes.JSONSlice": " 0 null",
  "gorm.io/datatypes.Date": "date",
  "gorm.io/datatypes.Time": " 0",
  "gorm.io/datatypes.URL": " 0 null",
  "gorm.io/datatypes.UUID": " 0",
  "gorm.io/datatypes.BinUUID": " 0",
  "github.com/google/uuid.UUID": "string",
  "github.com/google/uuid.NullUUID": "bytes 0 null",
  "github.com/gofrs/uuid.UUID": "string",
  "github.com/satori/go.uuid.UUID": "string",
  "github.com/shopspring/decimal.Decimal": "string",
  "github.com/shopspring/decimal.NullDecimal": " 0 null",
  "github.com/oklog/ulid.ULID": "bytes",
  "github.com/rs/xid.ID": "string",
  "github.com/segmentio/ksuid.KSUID": "string",
  "github.com/lib/pq.StringArray": " 0 null",
  "github.com/lib/pq.Int64Array": " 0 null",
  "github.com/lib/pq.Int32Array": " 0 null",
  "github.com/lib/pq.Float64Array": " 0 null",
  "github.com/lib/pq.BoolArray": " 0 null",
  "github.com/lib/pq.ByteaArray": " 0 null",
  "github.com/lib/pq.NullTime": "time 0 null",
  "github.com/guregu/null.String": "string 0 null",
  "github.com/guregu/null.Int": "int 64 null",
  "github.com/guregu/null.Float": "float 64 null",
  "github.com/guregu/null.Bool": "bool 0 null",
  "github.com/guregu/null.Time": "time 0 null",
  "gopkg.in/guregu/null.String": "string 0 null",
  "gopkg.in/guregu/null.Int": "int 64 null",
  "gopkg.in/guregu/null.Float": "float 64 null",
  "gopkg.in/guregu/null.Bool": "bool 0 null",
  "gopkg.in/guregu/null.Time": "time 0 null",
};
