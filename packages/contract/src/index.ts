/** The cases that the clients for Effect 3 and 4 run. */
export { checkpoint, create, manyCheckpoints } from "./builders.ts"
export type {
  Call,
  Case,
  CustomPacing,
  Environment,
  Expected,
  ListCall,
  Observed,
  Observer,
  Outcome,
  SeenRequest,
  ServiceOptions
} from "./case.ts"
export { everyParam } from "./cases/paging.ts"
export { differences, type Host, hostOf, lineOf, serverOf, stepsOf } from "./compare.ts"
export { failures } from "./failures.ts"
export { groups } from "./groups.ts"
export * from "./interruptions.ts"
export * from "./lateListings.ts"
