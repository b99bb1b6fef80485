import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** What is wrong with a key, as opposed to its value: the composite's subject is the key. */
const keyIssue = (key: AST.AST, name: string, issue: ParseResult.ParseIssue): ParseResult.ParseIssue =>
  new ParseResult.Composite(key, name, issue)

/** Whether an issue is about the key that its path ends with. */
export const isKeyIssue = (issue: ParseResult.Composite): boolean => typeof issue.actual === "string"

const isMapping = (input: unknown): input is { readonly [key: string]: unknown } =>
  typeof input === "object" && input !== null && !Array.isArray(input)

/**
 * As `Schema.Record`, for untrusted keys: it assigns `output[key]`, which for the key `__proto__` loses the entry and
 * sets a prototype instead.
 */
export const record = <K extends string, V, I>(
  key: Schema.Schema<K, string>,
  value: Schema.Schema<V, I>,
  annotations: {
    readonly title: string
    readonly description: string
    readonly message: (issue: ParseResult.ParseIssue) => string
  }
): Schema.Schema<{ readonly [key: string]: V }, { readonly [key: string]: I }> => {
  const parser = <A, B>(
    parseKey: (input: unknown, options: AST.ParseOptions) => Either.Either<A, ParseResult.ParseIssue>,
    parseValue: (input: unknown, options: AST.ParseOptions) => Either.Either<B, ParseResult.ParseIssue>
  ) => {
    return (
      input: unknown,
      options: AST.ParseOptions,
      ast: AST.Declaration
    ): Either.Either<{ readonly [key: string]: B }, ParseResult.ParseIssue> => {
      if (!isMapping(input)) return Either.left(new ParseResult.Type(ast, input))
      const issues: Array<ParseResult.ParseIssue> = []
      const entries: Array<readonly [string, B]> = []
      for (const [name, inner] of Object.entries(input)) {
        const badKey = Either.flip(parseKey(name, options))
        if (Either.isRight(badKey)) {
          issues.push(new ParseResult.Pointer(name, input, keyIssue(key.ast, name, badKey.right)))
        }
        const parsed = parseValue(inner, options)
        if (Either.isLeft(parsed)) issues.push(new ParseResult.Pointer(name, input, parsed.left))
        else entries.push([name, parsed.right])
        if (issues.length > 0 && options.errors !== "all") break
      }
      const [first, ...others] = issues
      // Unlike an assignment, it makes even `__proto__` an entry like any other.
      if (first === undefined) return Either.right(Object.fromEntries(entries))
      return Either.left(new ParseResult.Composite(ast, input, [first, ...others]))
    }
  }
  return Schema.declare(
    [key, value],
    {
      decode: (key, value) => parser(ParseResult.decodeUnknownEither(key), ParseResult.decodeUnknownEither(value)),
      encode: (key, value) => parser(ParseResult.encodeUnknownEither(key), ParseResult.encodeUnknownEither(value))
    },
    { ...annotations, [AST.SurrogateAnnotationId]: Schema.Record({ key, value }).annotations(annotations).ast }
  )
}
