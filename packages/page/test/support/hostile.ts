/** Strings that a server or an author of names may send, to act on the program that shows them. */

/** Each of these can be an id. */
export const ids: ReadonlyArray<string> = [
  "a\u202egpj.exe\u202c\u2066hidden\u2069b",
  "zero\u200bwidth\u200f\u061cmarks",
  "line\u2028and\u2029paragraph",
  "tags\u{e0001}\u{e0041}\u{e007f}",
  "pr\u043ej_a",
  "\uff50roj_a",
  "</script><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<!--",
  "]]>",
  "&lt;b&gt; &amp;",
  "\"quoted\", 'and' `ticked`",
  "$& $1 {{script}}",
  "javascript:alert(1)",
  "\\u001b \\n",
  "__proto__",
  "constructor",
  "toString",
  "Null",
  "rest",
  "\u00e9\u4e2d\u6587\u{1f600}\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  "e\u0301\u0301\u0301",
  "x".repeat(512),
  "\u202e".repeat(512),
  "\u{1f600}".repeat(256)
]

/** All of them: what a name or a message may be. */
export const texts: ReadonlyArray<string> = [
  ...ids,
  "\u001b[2J\u001b[31mred\u001b[0m",
  "one\ntwo\r\nthree\rfour",
  "\u0000\u0008\u007f",
  "\ttabs\t",
  "\ud800 and \udfff",
  " ",
  "\ufeffbom"
]

/** The characters that act on the program that shows them, or are hidden. */
export const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
