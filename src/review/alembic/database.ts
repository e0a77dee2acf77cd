import { type PythonValue, pathOf } from "../code/python-values.ts";

/** Whether a value is the connection that the migration runs on, a session over it, or what belongs to one. */
export function isDatabase(value: PythonValue): boolean {
  if (value.kind === "attribute") {
    const path = pathOf(value);
    return path === null && isDatabase(value.object);
  }
  if (value.kind !== "call") return false;
  const path = pathOf(value.callee);
  if (path !== null) {
    if (
      /(^|\.)(op\.get_bind|op\.get_context|context\.get_context|context\.get_bind|inspect|Inspector\.from_engine)$/.test(
        path,
      )
    )
      return true;
    return /(^|\.)(Session|sessionmaker|Connection)$/.test(path);
  }
  return isDatabase(value.callee);
}

/** The first name that a value is reached from. */
export function rootOf(value: PythonValue): string | null {
  const path = pathOf(value);
  if (path !== null) return path;
  if (value.kind === "attribute") return rootOf(value.object);
  return value.kind === "call" ? rootOf(value.callee) : null;
}

/** Whether a module is of Python's own library, SQLAlchemy or Alembic: its functions have no effect on the database unless they are told here. */
export function isLibrary(path: string): boolean {
  return /^(alembic|sqlalchemy|builtins|logging|typing|datetime|uuid|json|os|re|time|textwrap|warnings|random|string|enum|collections|itertools|functools|contextlib|dataclasses|decimal|pathlib|sys|hashlib|base64|secrets|copy|math|operator|sqlmodel|alembic_utils|sqlalchemy_utils|sqlalchemy_json|pgvector|geoalchemy2|fastapi_users_db_sqlalchemy|rich|structlog|loguru|tqdm)(\.|$)/.test(
    path,
  );
}

/** Methods of a session or of a query that write. */
export const writingMethods =
  /^(add|add_all|merge|delete|update|bulk_insert_mappings|bulk_save_objects|bulk_update_mappings|insert|create_all|drop_all|run_sync|copy_expert)$/;
