import type { NewPermission } from "./state.ts"
import * as State from "./state.ts"

export type Seed = Readonly<Record<string, ReadonlyArray<string | NewPermission>>>

/** Adds permissions to the state as if they had been granted before. */
export const seed = (state: State.State, given: Seed, now: number): void => {
  for (const [checkpoint, permissions] of Object.entries(given)) {
    State.insert(
      state,
      checkpoint,
      permissions.map((one) => State.permission(state, typeof one === "string" ? { project_id: one } : one, now))
    )
  }
}
