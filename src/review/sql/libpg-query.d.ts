/** The module behind libpg-query's own functions, which keep one instance of it for ever. */
declare module "libpg-query/wasm/libpg-query.js" {
  interface Instance {
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    /** Gives a pointer to three pointers: the tree as JSON, what was written to stderr, the error. */
    _wasm_parse_query_raw(query: number): number;
    _wasm_free_parse_result(result: number): void;
    getValue(pointer: number, type: "i32"): number;
    lengthBytesUTF8(text: string): number;
    stringToUTF8(text: string, pointer: number, bytes: number): void;
    UTF8ToString(pointer: number): string;
  }
  export default function create(): PromiseLike<Instance>;
}
