import type { DeployParameters } from '../../../contracts/deploy/parameters.ts'
import type { CommitteeBox } from '../../../contracts/testing/committee-box.ts'
import { hubParametersOf } from '../../../contracts/testing/hub-parameters.ts'

/** Parameters of a hub for a committee in a box: feeds F0/USD, F1/USD … with 8 decimals, 60 s. */
export function parametersFor(
  box: CommitteeBox,
  changed: Partial<DeployParameters> & { readonly feedCount?: number } = {},
): DeployParameters {
  const { feedCount = 3, ...rest } = changed
  const feeds = Array.from({ length: feedCount }, (_, index) => ({
    name: `F${index}/USD`,
    decimals: 8,
    heartbeatSeconds: 60,
  }))
  return hubParametersOf(box, { feeds, ...rest })
}
