/** The workflow, with a policy that all handlers share. */
import { Checkout } from "./definition.ts"
import { Charge, Pack, Pay, Poll, Reserve, Review, Ship, Wait } from "./handlers.ts"

export const checkout = Checkout.implement(
  { Reserve, Charge, Review, Pack, Ship, Poll, Pay, Wait },
  {
    policy: (step) =>
      step
        .retry({ times: 1 })
        .catchTag("CardDeclined", ({ to }) => to.Failed("declined"))
        .catchTag("StateTimeout", ({ to }) => to.Failed("slow"))
  }
)
