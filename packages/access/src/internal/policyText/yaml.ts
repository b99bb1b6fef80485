import { Composer, Lexer, LineCounter, type ParsedNode, Parser, type YAMLError } from "yaml"

/** A position in a text, with line and column from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A YAML error in a text. */
export interface Fault {
  readonly offset: number
  readonly message: string
  /** True if the rest of the file is still read as intended. */
  readonly harmless: boolean
}

export interface Yaml {
  readonly contents: ParsedNode | null
  readonly faults: ReadonlyArray<Fault>
  readonly positionAt: (offset: number) => Position
}

/** The maximum nesting, more than any policy needs. Deeper nesting exhausts the stack of later recursion. */
const deepest = 64

const tokenAt = (text: string, offset: number): string =>
  /^[^\s,[\]{}#]*/.exec(text.slice(offset, offset + 600))?.[0] ?? ""

const fault = (text: string, { code, message, pos }: YAMLError): Fault => {
  const [offset] = pos
  const fault = (message: string, harmless = false): Fault => ({ offset, message, harmless })
  switch (code) {
    case "BAD_SCALAR_START": {
      const quoted = JSON.stringify(tokenAt(text, offset))
      return fault(`text that begins with ${text.slice(offset, offset + 1)} has to be quoted: write ${quoted}`, true)
    }
    case "TAB_AS_INDENT":
      return fault("a tab cannot indent a line: use spaces")
    case "TAG_RESOLVE_FAILED":
      return fault(`the tag ${tokenAt(text, offset)} means nothing here: take it out`, true)
    case "KEY_OVER_1024_CHARS":
      return fault(
        "the key is too long for its colon: write ? before it, and : before its value on the next line",
        true
      )
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return fault(
        "this cannot be read as a key and its value: put text with a colon in quotes, and each key on a line of its own"
      )
    case "BAD_INDENT":
      return fault(`${message}: correct the indentation`)
    case "MISSING_CHAR":
      return fault(message.includes("quote") ? "a quote is not closed: close it" : `${message}: put it in`)
    case "BAD_DQ_ESCAPE":
      return fault(`${message}: write \\\\ for a backslash, or use single quotes`)
    default:
      return fault(`${message}: correct the YAML here`)
  }
}

/** Reads a text as YAML, which includes JSON. Never fails: `faults` has the errors. */
export const readYaml = (text: string): Yaml => {
  const lines = new LineCounter()
  lines.addNewLine(0)
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const parser = new Parser(lines.addNewLine)
  const tokens = []
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > deepest) {
      const message = "the file is nested too deeply: a policy has five levels"
      return { contents: null, faults: [{ offset: parser.offset, message, harmless: false }], positionAt }
    }
  }
  for (const token of parser.end()) tokens.push(token)
  const composer = new Composer({ prettyErrors: false, resolveKnownTags: false, schema: "core", uniqueKeys: false })
  const [first, second] = [...composer.compose(tokens, true, text.length)]
  const byOffset = new Map<number, Fault>()
  for (const error of [...(first?.errors ?? []), ...(first?.warnings ?? [])]) {
    const found = fault(text, error)
    // A further error at the same offset is a consequence of the first.
    if (!byOffset.has(found.offset)) byOffset.set(found.offset, found)
  }
  const faults = [...byOffset.values()]
  if (second !== undefined) {
    const message = "a second document begins here: put it into a file of its own"
    faults.push({ offset: second.range[0], message, harmless: true })
  }
  return { contents: first?.contents ?? null, faults, positionAt }
}
