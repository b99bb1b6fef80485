/**
 * The server as pure functions, without I/O, clock or random numbers: a state and a request, at a time that is given,
 * make a new state, a step and a record.
 *
 * A request is executed at one instant, so that no other comes between its reads and its writes. What takes time before
 * and after that is a step of its own: {@link receive} says how long to wait, {@link resume} goes on from there, and
 * who carries the requests does the waiting. {@link handle} does all of it as if nothing else happened meanwhile.
 *
 * A state is immutable, and its fields are nobody else's business.
 *
 * @since 0.1.0
 */
export type { Done, Handled, Options, Pending, State, Step, Stepped, Wait } from "./internal/server/model.ts"
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
  start
} from "./internal/server/state.ts"
export { abandoned, handle, receive, resume, stamp } from "./internal/server/steps.ts"
