import { ENGINE_VERSION } from '../work-groups.js';
import type { AthenaState } from './athena-state.js';
import { type Members, refuseOthers, requiredText } from './request.js';

/** A workgroup as it was made. */
export function getWorkGroup(state: AthenaState, members: Members): object {
  refuseOthers(members, ['WorkGroup']);
  const { name, configuration, createdAt } = state.workGroup(requiredText(members, 'WorkGroup'));
  return {
    WorkGroup: {
      Name: name,
      State: 'ENABLED',
      Configuration: {
        EnforceWorkGroupConfiguration: true,
        PublishCloudWatchMetricsEnabled: true,
        RequesterPaysEnabled: false,
        ...configuration,
        EngineVersion: ENGINE_VERSION,
      },
      CreationTime: createdAt / 1000,
    },
  };
}
