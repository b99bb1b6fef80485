/**
 * The rules of ids. Everything that a server could have issued is accepted, except `.` and `..`, which change the path,
 * and the texts of missing values.
 */
import { shown } from "./internal/input.ts"

/** The maximum number of characters (UTF-16 code units) in an id. */
export const maxLength = 512

const kinds = {
  "ft:": "a model's name (ft:…)",
  ftckpt_: "a job checkpoint's own id (ftckpt_…)",
  "ftjob-": "a fine-tuning job's id (ftjob-…)",
  proj_: "a project's id (proj_…)",
  cp_: "a permission's id (cp_…)",
  "sk-": "an API key (sk-…)"
}

interface IdType {
  readonly noun: string
  readonly example: string
  readonly foreign: ReadonlyArray<keyof typeof kinds>
  readonly refuseForeign: (prefix: keyof typeof kinds) => string
}

/** Texts of missing values, and a prefix without an id. */
const missing = ["undefined", "null", "NaN", "[object Object]", "ft:"]

const refusalOf = ({ example, foreign, noun, refuseForeign }: IdType) => {
  /** Visible ASCII, as in nearly every id. A single test accepts it. Other ids are checked rule by rule. */
  const usual = new RegExp(`^(?!\\.{1,2}$|${foreign.join("|")})[!-~]+$`)
  return (id: unknown): string | undefined => {
    if (typeof id !== "string") return `Expected string, actual ${shown(id)}: pass an id such as ${example}`
    if (missing.includes(id) && !foreign.some((prefix) => prefix === id)) {
      return `${noun} "${id}" is not an id: pass an id such as ${example}`
    }
    if (id.length <= maxLength && usual.test(id)) return undefined
    if (id === "") return `${noun} is empty: pass an id such as ${example}`
    if (id.length > maxLength) {
      return `${noun} has ${id.length} characters, more than ${maxLength}: pass the id alone, such as ${example}`
    }
    if (id === "." || id === "..") return `${noun} "${id}" would address another path: pass an id such as ${example}`
    if (/\p{Cc}/u.test(id)) return `${noun} contains a control character: remove line breaks, tabs and escape sequences`
    if (/\p{Cs}/u.test(id)) return `${noun} contains an unpaired surrogate: pass the id as well-formed Unicode`
    if (id.trim() !== id) return `${noun} begins or ends with white space: trim it`
    const prefix = foreign.find((prefix) => id.startsWith(prefix))
    return prefix === undefined ? undefined : refuseForeign(prefix)
  }
}

/**
 * Returns the reason why a value cannot be the name of a model checkpoint, and what to do. Returns `undefined` if it
 * can be.
 */
export const refuseCheckpoint: (id: unknown) => string | undefined = /* @__PURE__ */ refusalOf({
  noun: "the checkpoint id",
  example: "ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd",
  foreign: ["ftckpt_", "ftjob-", "proj_", "cp_", "sk-"],
  refuseForeign: (prefix) =>
    `${kinds[prefix]} ${prefix === "ftckpt_" ? "has no permissions" : "is not a checkpoint"}: ` +
    "pass the model name ft:… (fine_tuned_model_checkpoint)"
})

/**
 * Returns the reason why a value cannot be the id of a fine-tuning job, and what to do. Returns `undefined` if it can
 * be.
 */
export const refuseJob: (id: unknown) => string | undefined = /* @__PURE__ */ refusalOf({
  noun: "the job id",
  example: "ftjob-abc123",
  foreign: ["ft:", "ftckpt_", "proj_", "cp_", "sk-"],
  refuseForeign: (prefix) => `${kinds[prefix]} is not a job id: pass the fine-tuning job's id, ftjob-…`
})

/** Returns the reason why a value cannot be the id of a project, and what to do. Returns `undefined` if it can be. */
export const refuseProject: (id: unknown) => string | undefined = /* @__PURE__ */ refusalOf({
  noun: "the project id",
  example: "proj_iqGMw1llN8IrBb6SvvY5A1oF",
  foreign: ["ft:", "ftjob-", "cp_", "sk-"],
  refuseForeign: (prefix) => `${kinds[prefix]} is not a project id: pass the project's id, proj_…`
})

/**
 * Returns the reason why a value cannot be the id of a permission, and what to do. Returns `undefined` if it can be.
 */
export const refusePermission: (id: unknown) => string | undefined = /* @__PURE__ */ refusalOf({
  noun: "the permission id",
  example: "cp_zc4Q7MP6XxulcVzj4MZdwsAB",
  foreign: ["ft:", "proj_", "sk-"],
  refuseForeign: (prefix) => `${kinds[prefix]} is not a permission id: pass the permission's id, cp_…`
})
