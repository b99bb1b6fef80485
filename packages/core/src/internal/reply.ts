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

/** A struct of a reply: unknown fields survive decoding and encoding, whatever their name. */
export const reply = <const Fields extends Schema.Struct.Fields>(
  identifier: string,
  fields: Fields
): Schema.Struct<Fields> => {
  // Whatever the caller asks for: unknown fields of a reply are no error.
  const struct = Schema.Struct(fields).annotations({ identifier, parseOptions: { onExcessProperty: "ignore" } })
  const declared = Schema.declare(
    [struct],
    {
      decode: (struct) => {
        const decode = ParseResult.decodeUnknown(struct)
        return (input, options) =>
          ParseResult.map(decode(input, options), (output) => withUnknown(fields, input, output))
      },
      encode: (struct) => {
        const encode = ParseResult.encodeUnknown(struct)
        return (input, options) =>
          ParseResult.map(encode(input, options), (output) => withUnknown(fields, input, output))
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
