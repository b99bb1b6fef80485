/** Ids that are no projects of a list. */
import { nearest } from "@checkpoint-permissions/protocol/nearest"
import { printable } from "@checkpoint-permissions/protocol/text"

/** What is wrong with a project, and which was probably meant. */
export interface Doubt {
  readonly what: string
  readonly meant?: string | undefined
}

/** How many ids are compared with all others: more are not misspelt by hand, and it would take long. */
const mostCompared = 100

/** Says of an id that it is not among all projects. */
export const strangersTo = (projects: Iterable<string>, list: string) => {
  const known = new Set(projects)
  let compared = 0
  return (id: string): Doubt | undefined =>
    known.has(id)
      ? undefined
      : { what: `${id} is no project of ${list}`, meant: compared++ < mostCompared ? nearest(id, known) : undefined }
}

/** A doubt as a sentence. */
export const sentence = ({ meant, what }: Doubt): string =>
  printable(meant === undefined ? what : `${what}: did you mean ${meant}?`)

/**
 * Which of some ids are not among all projects, a sentence each. `list` is what the sentence calls those.
 *
 * @category questions
 */
export const strangers = (ids: Iterable<string>, projects: Iterable<string>, list: string): ReadonlyArray<string> => {
  const doubt = strangersTo(projects, list)
  return [...ids].flatMap((id) => {
    const found = doubt(id)
    return found === undefined ? [] : [sentence(found)]
  })
}
