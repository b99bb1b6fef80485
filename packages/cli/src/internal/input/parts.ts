/** A long run that several share: each takes a part of the checkpoints. */
import type { AccessMatrix, Part } from "@checkpoint-permissions/access/AccessMatrix"
import * as Options from "@effect/cli/Options"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Incomplete, WrongUse } from "../failure.ts"
import { option } from "./parameters.ts"

export interface Share {
  readonly number: number
  readonly of: number
}

const parse = (text: string): Share | undefined => {
  const [, number = 0, of = 0] = (/^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? []).map(Number)
  return number >= 1 && number <= of ? { number, of } : undefined
}

export const part = option({
  name: "part",
  pseudoName: "n/of",
  schema: Schema.String.pipe(
    Schema.filter((text) => parse(text) !== undefined, {
      message: () => "not a part: pass one such as 2/5, the second of five"
    })
  )
}).pipe(
  Options.withDescription("Read only this part of the checkpoints, such as 2/5: each is in one of the five."),
  Options.optional,
  Options.map(Option.flatMapNullable(parse))
)

/** Dealt by turns in the order of their ids, so that every order of the same checkpoints gives the same parts. */
export const deal = <Id extends string>(checkpoints: ReadonlyArray<Id>, { number, of }: Share): ReadonlyArray<Id> => {
  const mine = new Set([...checkpoints].sort().filter((_, i) => i % of === number - 1))
  return checkpoints.filter((checkpoint) => mine.has(checkpoint))
}

/** The checkpoints of the part that was asked for, and its mark; without one all of them. */
export const select = <Id extends string>(
  all: ReadonlyArray<Id>,
  share: Option.Option<Share>
): { readonly checkpoints: ReadonlyArray<Id>; readonly mark: { readonly part?: Part } } =>
  Option.match(share, {
    onNone: () => ({ checkpoints: all, mark: {} }),
    onSome: (one) => ({ checkpoints: deal(all, one), mark: { part: { ...one, checkpoints: all.length } } })
  })

/** A part, for people. */
export const partName = ({ checkpoints, number, of }: Part): string =>
  `part ${number}/${of} of ${checkpoints} checkpoints`

/** The whole again of all its parts. */
export const join = (matrices: ReadonlyArray<AccessMatrix>): Either.Either<AccessMatrix, WrongUse | Incomplete> => {
  const [first] = matrices
  if (first?.part === undefined) {
    return Either.left(new WrongUse({ message: "several audits are one only if they are the parts of one (--part)" }))
  }
  const whole = first.part
  const isSibling = ({ apiUrl, organization, part, project }: AccessMatrix): boolean =>
    apiUrl === first.apiUrl &&
    organization === first.organization &&
    project === first.project &&
    part?.of === whole.of &&
    part.checkpoints === whole.checkpoints
  const numbers = new Set(matrices.map((matrix) => matrix.part?.number))
  const rows = matrices.flatMap((matrix) => matrix.rows)
  const ids = new Set(rows.map(({ checkpoint }) => checkpoint))
  if (!matrices.every(isSibling) || numbers.size !== matrices.length || ids.size !== rows.length) {
    return Either.left(new WrongUse({ message: "these are not the parts of one audit, each once" }))
  }
  const missing = Array.from({ length: whole.of }, (_, i) => i + 1).filter((number) => !numbers.has(number))
  if (missing.length > 0 || rows.length !== whole.checkpoints) {
    return Either.left(
      new Incomplete({
        message: `only ${rows.length} of ${whole.checkpoints} checkpoints are in these parts${missing.length === 0 ? "" : `: part ${missing.join(", ")} of ${whole.of} is missing`}`
      })
    )
  }
  const { part: _, ...head } = first
  return Either.right({
    ...head,
    names: Object.fromEntries(matrices.flatMap(({ names }) => Object.entries(names))),
    projects: [...new Set(matrices.flatMap(({ projects }) => projects))],
    rows
  })
}
