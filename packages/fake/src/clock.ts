/** The clocks that a server can follow. */

export { type EventLoop, type EventLoopOptions, eventLoop, type ShuffleOptions } from "./internal/clock/eventLoop.ts"
export { type ManualClock, manual, type ShiftedClock, shifted } from "./internal/clock/movable.ts"
export { type Clock, real } from "./internal/clock/real.ts"
export type { VirtualClock } from "./internal/clock/virtual.ts"
