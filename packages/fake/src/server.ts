/**
 * The server as pure functions, without I/O, clock or random numbers. They take a state, a request and a time, and
 * return a new state, a step and a record.
 *
 * A request is executed at one instant, so no other request comes between its reads and writes. Delays before and after
 * are separate steps. {@link receive} returns the time to wait, the caller waits, and {@link resume} continues. {@link
 * handle} does all of it, as if no other request arrived in the meantime.
 *
 * A state is immutable. Its fields are internal.
 */

export {
  allPermissions,
  grant,
  inject,
  permissions,
  remove,
  seed,
  seedOrganization,
  setBehavior,
  setFaults,
  start,
  unmatchedFaults,
  unusedFaults
} from "./internal/server/initial.ts"
export type { Done, Handled, Options, Pending, State, Step, Stepped, Wait } from "./internal/server/state.ts"
export { abandoned, handle, receive, resume, stamp } from "./internal/server/steps.ts"
