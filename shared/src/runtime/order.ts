/** The order of texts that every node agrees on, whatever its language: by UTF-16 code units. For `sort`. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
