/** Parts of several schemas. */
import { maxLength } from "@checkpoint-permissions/protocol/identifiers"
import * as Schema from "effect/Schema"

/** Makes the schema of an id without a brand. `refuse` returns the reason why a value is not an id. */
export const identifier = (refuse: (id: unknown) => string | undefined) =>
  Schema.String.pipe(
    Schema.filter((id) => refuse(id), {
      jsonSchema: { minLength: 1, maxLength },
      // without `override` a refusal is formatted as a tree of three lines
      message: ({ actual }) => ({ message: refuse(actual) ?? "not an id", override: true }),
      arbitrary: () => (fc) =>
        fc
          .oneof(
            fc.stringMatching(/^[a-z]{2,5}[_:-][A-Za-z0-9:_-]{1,40}$/),
            fc.string({ minLength: 1, maxLength: 64, unit: "binary" })
          )
          .filter((id) => refuse(id) === undefined)
    })
  )

/** Keeps unknown fields of a reply, whatever the parse options of the caller. */
export const keepUnknown = { parseOptions: { onExcessProperty: "preserve" } } as const

/** Unix seconds in the range of `DateTime`: 100,000,000 days around the epoch. */
export const UnixSeconds = /* @__PURE__ */ Schema.Int.pipe(
  /* @__PURE__ */ Schema.between(-8_640_000_000_000, 8_640_000_000_000)
)

/** Makes a field nullable and optional. */
export const nullable = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))
