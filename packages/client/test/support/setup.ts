import { CheckpointPermissions, Pacing } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { Chunk, Effect, Layer, Redacted, Stream } from "effect"

/** With characters that a URL, a JSON string and a regular expression escape. */
export const key = "sk-admin-T3st+K3y/with=%25&more.(dots)"

export const checkpoint = Identifiers.CheckpointId.make("ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd")

export const project = (n: number | string) => Identifiers.ProjectId.make(`proj_${n}`)
export const projects = (count: number) => Array.from({ length: count }, (_, n) => project(n))
export const permission = (id: string) => Identifiers.PermissionId.make(id)

export interface Setup extends Partial<CheckpointPermissions.Options> {
  readonly fake?: FakePermissions.Options
}

/** The service, unpaced, on a fake of its own. */
export const onFake = ({ fake, ...options }: Setup = {}) =>
  CheckpointPermissions.layer({ adminKey: Redacted.make(key), pacing: Pacing.none, ...options }).pipe(
    Layer.provideMerge(FakePermissions.layer(fake))
  )

/** A fake whose one checkpoint has so many permissions. */
export const seeded = (count: number): FakePermissions.Options => ({ seed: { [checkpoint]: projects(count) } })

export const collect = <A, E, R>(stream: Stream.Stream<A, E, R>): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

export const permissions = CheckpointPermissions.CheckpointPermissions
export const server = FakePermissions.FakePermissions
