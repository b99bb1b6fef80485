/** Ids that look the same to readers. */
import type { AccessPlan } from "@checkpoint-permissions/access/AccessPlan"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Screen from "../terminal/screen.ts"

/**
 * Letters of Cyrillic and Greek that most fonts draw as Latin ones. It is not all of Unicode's table (UTS 39): full
 * width forms and accents are taken care of by normalization, rarer scripts are not.
 */
const confusables = "аеорсухіјѕԁһӏкмтвнгԛԝАВЕКМНОРСТХαορντικυωηΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
const latinLetters = "aeopcyxijsdhlkmtbhrqwABEKMHOPCTXaopvtikuwnABEZHIKMNOPTYX"
const latin = new Map(Array.from(confusables, (letter, i) => [letter, latinLetters[i]]))

const skeleton = (id: string): string =>
  Array.from(id.normalize("NFKD").replace(/\p{M}/gu, ""), (letter) => latin.get(letter) ?? letter).join("")

const isAscii = (id: string): boolean => /^[\0-\x7f]*$/.test(id)

/** Returns pairs of ids that look the same. At least one of each pair has letters outside ASCII. */
export const lookalikes = (ids: Iterable<string>): ReadonlyArray<readonly [plain: string, strange: string]> => {
  const all = [...new Set(ids)]
  if (all.every(isAscii)) return []
  const first = new Map<string, string>()
  return all
    .sort((a, b) => Number(!isAscii(a)) - Number(!isAscii(b)))
    .flatMap((id) => {
      const key = skeleton(id)
      const other = first.get(key)
      if (other === undefined) first.set(key, id)
      return other === undefined || isAscii(id) ? [] : [[other, id] as const]
    })
}

const codePoints = (id: string): string =>
  [...new Set(id.replace(/[\0-\x7f]/g, ""))]
    .map((letter) => `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`)
    .join(", ")

/** Prints a warning for each pair. */
export const warnOfLookalikes = (ids: Iterable<string>) =>
  Effect.forEach(
    lookalikes(ids),
    ([plain, strange]) =>
      Screen.warn(
        `${printable(JSON.stringify(strange))} (with ${codePoints(strange)}) looks like ${printable(JSON.stringify(plain))}: they are not the same`
      ),
    { discard: true }
  )

/** Prints a warning for each pair among the ids of a plan and its policy. */
export const warnOfLookalikesIn = (plan: AccessPlan) =>
  Effect.flatMap(Effect.orDie(AccessPolicy.resolve(plan.policy)), (wanted) =>
    warnOfLookalikes([
      ...wanted.flatMap(({ checkpoint, projects }) => [checkpoint, ...projects]),
      ...plan.checkpoints.flatMap(({ found }) => found.map(({ project_id }) => project_id))
    ])
  )
