/** What the schemas of replies have in common. */
import * as Schema from "effect/Schema"

/** Whatever the caller asks for: unknown fields of a reply are kept. */
export const keepUnknown = { parseOptions: { onExcessProperty: "preserve" } } as const

/** The seconds that `DateTime` can hold: 100,000,000 days around the epoch. */
const lastSecond = 8_640_000_000_000

export const UnixSeconds = Schema.Int.pipe(Schema.between(-lastSecond, lastSecond))

/** May be missing, too. */
export const nullable = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))
