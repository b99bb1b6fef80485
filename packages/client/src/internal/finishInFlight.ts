import * as Context from "effect/Context"

/** Whether a request that is out is waited for though the caller was interrupted. */
export class FinishInFlight extends Context.Reference<FinishInFlight>()(
  "@checkpoint-permissions/client/FinishInFlight",
  { defaultValue: () => false }
) {}
