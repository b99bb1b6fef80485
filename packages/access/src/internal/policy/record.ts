import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/** Returns true if an issue is about the last key of its path. Its actual value is the name of the key. */
export const isKeyIssue = (issue: ParseResult.Composite): boolean => typeof issue.actual === "string"

export const isMapping = (input: unknown): input is { readonly [key: string]: unknown } =>
  typeof input === "object" && input !== null && !Array.isArray(input)

type Parse<A> = (input: unknown, options: AST.ParseOptions) => Either.Either<A, ParseResult.ParseIssue>

/**
 * Makes a schema like `Schema.Record`, for untrusted keys. `Schema.Record` assigns `output[key]`, which loses the entry
 * `__proto__` and sets a prototype instead.
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
  const parser =
    <B>(parseKey: Parse<unknown>, parseValue: Parse<B>) =>
    (
      input: unknown,
      options: AST.ParseOptions,
      ast: AST.Declaration
    ): Either.Either<{ readonly [key: string]: B }, ParseResult.ParseIssue> => {
      if (!isMapping(input)) return Either.left(new ParseResult.Type(ast, input))
      const [issues, entries] = Arr.separate(
        Object.entries(input).flatMap(([name, inner]) => {
          const at = (issue: ParseResult.ParseIssue) => new ParseResult.Pointer(name, input, issue)
          const badKey = Either.flip(parseKey(name, options))
          return [
            ...(Either.isRight(badKey)
              ? [Either.left(at(new ParseResult.Composite(key.ast, name, badKey.right)))]
              : []),
            Either.mapBoth(parseValue(inner, options), { onLeft: at, onRight: (parsed) => [name, parsed] as const })
          ]
        })
      )
      // An assignment would treat `__proto__` differently from other entries.
      if (!Arr.isNonEmptyReadonlyArray(issues)) return Either.right(Object.fromEntries(entries))
      return Either.left(new ParseResult.Composite(ast, input, issues))
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
