/** A long run that several share: each takes a part of the checkpoints. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPart from "@checkpoint-permissions/access/AccessPart"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Incomplete, WrongUse } from "../failure.ts"
import { option, optional, parsed } from "./option.ts"

const parse = (text: string): AccessPart.Share | undefined => {
  const [, number = 0, of = 0] = (/^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? []).map(Number)
  return number >= 1 && number <= of ? { number, of } : undefined
}

export const part = option("part", "n/of", parsed(parse, "not a part: pass one such as 2/5, the second of five")).pipe(
  optional("Read only this part of the checkpoints, such as 2/5: each is in one of the five.")
)

/** The checkpoints of the part that was asked for, and its mark; without one all of them. */
export const select = <Id extends string>(
  all: ReadonlyArray<Id>,
  share: Option.Option<AccessPart.Share>
): { readonly checkpoints: ReadonlyArray<Id>; readonly mark: { readonly part?: AccessPart.Part } } =>
  Option.match(share, {
    onNone: () => ({ checkpoints: all, mark: {} }),
    onSome: (one) => ({ checkpoints: AccessPart.deal(all, one), mark: { part: AccessPart.of(all, one) } })
  })

/** The same for an audit that was saved: a part of another list says nothing of the parts of this one. */
export const selectOf = <Id extends string>(
  all: ReadonlyArray<Id>,
  { part, rows }: Pick<AccessMatrix.AccessMatrix, "part" | "rows">
) => {
  const selected = select(all, Option.fromNullable(part))
  const read = new Set<string>(rows.map(({ checkpoint }) => checkpoint))
  const isSame = part?.checkpoints === new Set(all).size && selected.checkpoints.every((id) => read.has(id))
  return part === undefined || isSame
    ? Effect.succeed(selected)
    : new WrongUse({
        message: `the audit is ${AccessPart.label(part)}, which are not those of the policy: give all its parts, each with --from-json`
      })
}

/** The whole again of all its parts. */
export const join = (matrices: ReadonlyArray<AccessMatrix.AccessMatrix>) => {
  if (matrices.some(({ part }) => part === undefined)) {
    return new WrongUse({ message: "several audits are one only if they are the parts of one (--part)" })
  }
  return Effect.mapError(AccessMatrix.merge(matrices), ({ message, missing }) =>
    missing.length > 0 ? new Incomplete({ message }) : new WrongUse({ message })
  )
}
