import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

/**
 * `Schema.Struct` keeps an unknown field by `output[key] = value`. For a field
 * named `__proto__`, which `JSON.parse` makes like any other, that sets the
 * prototype: the field is lost, and its own fields answer for those the reply
 * left out, unchecked. Here it becomes a field.
 */
const withOwnProto = <A extends object>(input: unknown, output: A): A => {
  const own =
    typeof input === "object" && input !== null ? Object.getOwnPropertyDescriptor(input, "__proto__") : undefined
  return own === undefined ? output : Object.defineProperty({ ...output }, "__proto__", own)
}

/** A struct of a reply: unknown fields survive decoding and encoding, whatever their name. */
export const reply = <const Fields extends Schema.Struct.Fields>(
  identifier: string,
  fields: Fields
): Schema.Struct<Fields> => {
  const struct = Schema.Struct(fields).annotations({
    identifier,
    parseOptions: { onExcessProperty: "preserve" }
  })
  const declared = Schema.declare(
    [struct],
    {
      decode: (struct) => {
        const decode = ParseResult.decodeUnknown(struct)
        return (input, options) => ParseResult.map(decode(input, options), (output) => withOwnProto(input, output))
      },
      encode: (struct) => {
        const encode = ParseResult.encodeUnknown(struct)
        return (input, options) => ParseResult.map(encode(input, options), (output) => withOwnProto(input, output))
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
