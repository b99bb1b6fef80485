/** All cases, grouped by subject. */
import { access } from "./cases/access.ts"
import { callOptions } from "./cases/callOptions.ts"
import { deadlines } from "./cases/deadlines.ts"
import { environment } from "./cases/environment.ts"
import { errors } from "./cases/errors.ts"
import { grantDeadlines } from "./cases/grantDeadlines.ts"
import { input } from "./cases/input.ts"
import { listing } from "./cases/listing.ts"
import { organizations } from "./cases/organization.ts"
import { pacing } from "./cases/pacing.ts"
import { paging } from "./cases/paging.ts"
import { projectModels } from "./cases/projectModels.ts"
import { regions } from "./cases/regions.ts"
import { replies } from "./cases/replies.ts"
import { retry } from "./cases/retry.ts"
import { waiting } from "./cases/waiting.ts"

export const groups = {
  access: [...access, ...grantDeadlines],
  callOptions: [...deadlines, ...callOptions],
  environment,
  errors,
  input,
  listing,
  organizations: [...organizations, ...projectModels],
  pacing,
  paging,
  regions,
  replies,
  retry,
  waiting
}
