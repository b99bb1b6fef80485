import { Composer, Lexer, LineCounter, Parser, type YAMLError } from "yaml"

/** A position in a text, with line and column from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

interface YamlIssue {
  readonly offset: number
  readonly message: string
  /** True if the rest of the file is still read as intended. */
  readonly isRecoverable: boolean
}

/** The maximum nesting, more than any policy needs. Deeper nesting exhausts the stack of later recursion. */
const maxDepth = 64

const tokenAt = (text: string, offset: number): string =>
  /^[^\s,[\]{}#]*/.exec(text.slice(offset, offset + 600))?.[0] ?? ""

const issueOf = (text: string, { code, message, pos }: YAMLError): YamlIssue => {
  const [offset] = pos
  const fault = (message: string, isRecoverable = false): YamlIssue => ({ offset, message, isRecoverable })
  switch (code) {
    case "BAD_SCALAR_START": {
      const quoted = JSON.stringify(tokenAt(text, offset))
      return fault(`text that begins with ${text.slice(offset, offset + 1)} has to be quoted: write ${quoted}`, true)
    }
    case "TAB_AS_INDENT":
      return fault("a tab cannot indent a line: use spaces")
    case "TAG_RESOLVE_FAILED":
      return fault(`the tag ${tokenAt(text, offset)} is not supported: remove it`, true)
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return fault(
        "this cannot be read as a key and its value: put text with a colon in quotes, and each key on a line of its own"
      )
    case "MISSING_CHAR":
      return fault(message.includes("quote") ? "a quote is not closed: close it" : `${message}: put it in`)
    default:
      return fault(`${message}: correct the YAML here`)
  }
}

/** Reads a text as YAML, which includes JSON. Never fails: `issues` has the errors. */
export const readYaml = (text: string) => {
  const lines = new LineCounter()
  lines.addNewLine(0)
  const positionAt = (offset: number): Position => {
    const { line, col: column } = lines.linePos(offset)
    return { line, column }
  }
  const parser = new Parser(lines.addNewLine)
  const tokens = []
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.length > maxDepth) {
      const message = "the file is nested too deeply: a policy has five levels"
      return { contents: null, issues: [{ offset: parser.offset, message, isRecoverable: false }], positionAt }
    }
  }
  for (const token of parser.end()) tokens.push(token)
  const composer = new Composer({ prettyErrors: false, resolveKnownTags: false, schema: "core", uniqueKeys: false })
  const [first, second] = [...composer.compose(tokens, true, text.length)]
  const byOffset = new Map<number, YamlIssue>()
  for (const error of [...(first?.errors ?? []), ...(first?.warnings ?? [])]) {
    const found = issueOf(text, error)
    // A further error at the same offset is a consequence of the first.
    if (!byOffset.has(found.offset)) byOffset.set(found.offset, found)
  }
  const issues = [...byOffset.values()]
  if (second !== undefined) {
    const message = "a second document begins here: put it into a file of its own"
    issues.push({ offset: second.range[0], message, isRecoverable: true })
  }
  return { contents: first?.contents ?? null, issues, positionAt }
}
