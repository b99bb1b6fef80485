/** Offboardings on a fake: their steps with the time of each, and the access that is left. */
import { CheckpointPermissions, Organization, Pacing } from "@checkpoint-permissions/client"
import { FakePermissions } from "@checkpoint-permissions/testing"
import { Clock, Effect, Redacted, Stream } from "effect"
import { Access } from "../../src/index.ts"
import { many } from "./world.ts"

export const leaver = "proj_leaver"

/** An event of a grant by the API, as the fake takes it. */
export const grantEvent = (permission: string, checkpoint: string | undefined, at: number, project = leaver) => ({
  type: "checkpoint.permission.created",
  effective_at: at,
  permission_id: permission,
  project_id: project,
  ...(checkpoint === undefined ? {} : { fine_tuned_model_checkpoint: checkpoint })
})

export const deleteEvent = (permission: string, at: number) => ({
  type: "checkpoint.permission.deleted",
  effective_at: at,
  permission_id: permission
})

export const names = (count: number) => many(count, "ft:c")

/** Runs an offboarding, without owners by default, and collects its steps, in milliseconds from its beginning. */
export const offboarding = <E = never>(options: Access.OffboardOptions<E> = {}, pacing = Pacing.none) =>
  Effect.gen(function* () {
    const organization = yield* Organization.make({ adminKey: Redacted.make("sk-admin-test"), pacing })
    const begin = yield* Clock.currentTimeMillis
    const steps: Array<Access.OffboardStep & { readonly at: number }> = []
    yield* Access.offboard(leaver, { permissionsOnly: true, ...options }).pipe(
      Stream.runForEach((step) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          steps.push({ ...step, at: now - begin })
        })
      ),
      Effect.provideService(Organization.Organization, organization)
    )
    const verdict = steps.at(-1)
    if (verdict?._tag !== "Offboarded") return yield* Effect.dieMessage("there is no verdict")
    return { steps, verdict, endings: verdict.endings, first: verdict.endings[0] }
  })

/** Runs a program with a server whose listings by project are always empty. */
export const withoutFilter = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.provideServiceEffect(
    self,
    Access.Access,
    Effect.flatMap(CheckpointPermissions.CheckpointPermissions, (service) =>
      Access.make({
        ...service,
        stream: (name, params) => (params?.project_id === undefined ? service.stream(name, params) : Stream.empty)
      })
    )
  )

/** The checkpoints that list the project on the server, where it is no owner. */
export const listing = Effect.flatMap(FakePermissions.FakePermissions, (fake) =>
  Effect.map(fake.allPermissions, (all) =>
    Object.entries(all).flatMap(([checkpoint, permissions]) =>
      permissions.some(({ project_id }) => project_id === leaver) ? [checkpoint] : []
    )
  )
)
