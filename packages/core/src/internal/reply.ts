import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/**
 * Adds the fields of `input` that the schema does not know. `Schema.Struct` can
 * do so itself (`onExcessProperty: "preserve"`), but by `output[key] = value`.
 * For `__proto__`, a field like any other in JSON, that sets the prototype: the
 * field is lost, and what it holds answers, unchecked, for fields that the reply
 * left out. It is slower, too.
 */
const withUnknown = <A extends object>(known: object, input: unknown, output: A): A => {
  if (typeof input !== "object" || input === null) return output
  for (const key of Reflect.ownKeys(input)) {
    if (Object.hasOwn(known, key)) continue
    const value: unknown = Reflect.get(input, key)
    Object.defineProperty(output, key, { value, configurable: true, enumerable: true, writable: true })
  }
  return output
}

/** An object as `JSON.parse` makes it: what it does not have itself, it has not inherited either. */
export const isPlain = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === "object" && input !== null && Object.getPrototypeOf(input) === Object.prototype

/** A parser takes a while to make, and good input needs none. */
const lazily = <A extends object>(make: () => A): (() => A) => {
  let made: A | undefined
  return () => {
    made ??= make()
    return made
  }
}

const isNever = (_: unknown): _ is never => false

/**
 * A struct of a reply: unknown fields survive decoding and encoding, whatever their name.
 *
 * `isGood` tells good input at once, without the schema, which takes ten times as long: it is then the output as it
 * is. It may doubt good input, but must not believe anything that the schema refuses or would change.
 */
export const reply = <const Fields extends Schema.Struct.Fields>(
  identifier: string,
  fields: Fields,
  isGood: (input: unknown) => input is Schema.Struct.Type<Fields> & Schema.Struct.Encoded<Fields> = isNever
): Schema.Struct<Fields> => {
  // Whatever the caller asks for: unknown fields of a reply are no error.
  const struct = Schema.Struct(fields).annotations({ identifier, parseOptions: { onExcessProperty: "ignore" } })
  const declared = Schema.declare(
    [struct],
    {
      decode: (struct) => {
        const decode = lazily(() => ParseResult.decodeUnknown(struct))
        return (input, options) =>
          isGood(input)
            ? ParseResult.succeed(input)
            : ParseResult.map(decode()(input, options), (output) => withUnknown(fields, input, output))
      },
      encode: (struct) => {
        const encode = lazily(() => ParseResult.encodeUnknown(struct))
        return (input, options) =>
          isGood(input)
            ? ParseResult.succeed(input)
            : ParseResult.map(encode()(input, options), (output) => withUnknown(fields, input, output))
      }
    },
    {
      identifier,
      arbitrary: (struct) => struct,
      equivalence: (struct) => struct,
      pretty: (struct) => struct,
      [AST.SurrogateAnnotationId]: struct.ast
    }
  )
  // It stays a struct, with its fields and `make`; only what parses it changes.
  return Object.assign(struct, { ast: declared.ast })
}
