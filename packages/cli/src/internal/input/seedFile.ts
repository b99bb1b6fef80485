/** What a fake server begins with, out of a file. */
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { WrongUse } from "../failure.ts"
import { read } from "./files.ts"

const form = 'the file has the form {"<checkpoint>": ["<project>", …], …}'

const Text = Schema.String.annotations({ message: () => "not a string: pass the id of a project, such as proj_a" })

const Projects = Schema.Array(Schema.compose(Text, ProjectId)).annotations({
  message: () => `not a list of project ids: ${form}`
})

/** Keys are text here and decoded apart: a record whose keys are refined drops those that are not. */
const Seed = Schema.Record({ key: Schema.String, value: Projects }).annotations({
  message: () => `not an object: ${form}`
})

export type Seed = Readonly<Record<string, ReadonlyArray<string>>>

const parse = Schema.decodeUnknown(Schema.parseJson())
const decode = Schema.decodeUnknown(Seed)
const decodeKeys = Schema.decodeUnknown(Schema.Array(CheckpointId))

const checkpointAt = (key: PropertyKey): string => ` at ${JSON.stringify(String(key))}`

/** The seed of a file such as `{"ft:…": ["proj_a", "proj_b"]}`. */
export const load = (path: string): Effect.Effect<Seed, WrongUse, FileSystem> =>
  Effect.gen(function* () {
    const refuse = (why: string) => new WrongUse({ message: `seed file ${JSON.stringify(path)}${why}` })
    const text = yield* read("seed file", path)
    const json = yield* Effect.mapError(parse(text), (error) => {
      const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
      return refuse(` is not JSON: ${issue?.message ?? form}`)
    })
    const seed = yield* Effect.mapError(decode(json), (error) => {
      const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
      const [checkpoint, project] = issue?.path ?? []
      const where = checkpoint === undefined ? "" : checkpointAt(checkpoint)
      const which = typeof project === "number" ? `, project ${project + 1}` : ""
      return refuse(`${where}${which}: ${issue?.message ?? form}`)
    })
    const keys = Object.keys(seed)
    yield* Effect.mapError(decodeKeys(keys), (error) => {
      const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
      const [at] = issue?.path ?? []
      return refuse(`${checkpointAt(keys[Number(at)] ?? "")}: ${issue?.message ?? form}`)
    })
    return seed
  })
