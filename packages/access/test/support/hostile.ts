/** Strings that a server or an author of names may send, to act on the program that shows them. */
import { FastCheck as fc } from "effect"

/** Acts on a terminal, breaks a line, hides or turns text around. None of these can be an id. */
export const withControls: ReadonlyArray<string> = [
  "\u001b[2J\u001b[31mred\u001b[0m",
  "\u001b]0;title\u0007",
  "\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\",
  "\u009b31m",
  "one\ntwo\r\nthree\rfour",
  "a\u0085b\u000bc\u000cd",
  "\u0000\u0008\u007f",
  "\ttabs\t",
  "::add-mask::x\n::set-output name=a::b",
  "a\n# version: 2\ncheckpoints: {}",
  "\ud800 and \udfff"
]

/** As the server may well issue: each of these can be the id of a checkpoint and of a permission. */
export const ids: ReadonlyArray<string> = [
  "a\u202egpj.exe\u202c\u2066hidden\u2069b",
  "zero\u200bwidth\u200f\u061cmarks",
  "soft\u00ad\u2060\u180ehyphens",
  "line\u2028and\u2029paragraph",
  "tags\u{e0001}\u{e0041}\u{e007f}",
  "::add-mask::secret",
  "::error file=a,line=1::owned",
  "##[command]rm",
  "%0A::set-output name=a::b",
  "=cmd|' /C calc'!A0",
  '=HYPERLINK("http://evil.example")',
  "+1+1",
  "-1+1",
  "@SUM(1+1)",
  "@research",
  "</script><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<!--",
  "]]>",
  "&lt;b&gt; &amp;",
  "\"quoted\", 'and' `ticked`",
  "a,b;c|d",
  "$(touch x) $HOME \\u001b \\n",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "Null",
  "true",
  "NO",
  "~",
  "0123",
  "1e3",
  "0x1F",
  "2024-07-18",
  "12:30:45",
  ".inf",
  "<<",
  "*alias",
  "&anchor",
  "!tag",
  "!!str a",
  "? key",
  "key: value",
  "- item",
  "# comment",
  "a # comment",
  "%YAML 1.1",
  "---",
  "{a: b}",
  "[a, b]",
  "|",
  ">",
  "\\",
  "é中文\u{1f600}\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  "e\u0301\u0301\u0301",
  "x".repeat(512),
  "\u202e".repeat(512),
  "\u{1f600}".repeat(256)
]

/** Ids that a policy can hold as projects: those that are not taken for a group. */
export const projects: ReadonlyArray<string> = ids.filter((id) => !id.startsWith("@"))

/** All of them: what a name or a message may be. */
export const hostile: ReadonlyArray<string> = [...withControls, ...ids, "", " ", " leading and trailing ", "\ufeffbom"]

/** Any text, the hostile one above all. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 20 })
)

/** The characters that a terminal or a log acts on, hides, or breaks a line at. */
export const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}\u2800]/u
