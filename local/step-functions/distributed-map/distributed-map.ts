import { mapRunArn, stateMachineArn } from '../arns.js';
import type { StateSource } from '../definition/state-fields.js';
import type { Workflow } from '../definition/workflow.js';
import { uuid } from '../jsonata/functions.js';
import type { Template } from '../jsonata/template.js';
import { itemsOf, itemsTemplate, type MapProcessing, selectItem } from '../run/map-items.js';
import { Payload } from '../run/payload.js';
import { StateError, Stopped } from '../run/state-error.js';
import { dataLimitExceeded, type Visit } from '../run/visit.js';
import { itemReaderOf } from './item-reader.js';
import { itemsOfArray } from './items.js';
import { MapRun, type MapRunSettings } from './map-run.js';
import { labelOf } from './label.js';
import { ResultList } from './result-list.js';
import { checkStart, writeTestManifest } from './map-run-access.js';
import { ResultWriter, type WriteObject, transformed } from './result-writer.js';
import { resultWriterOf } from './result-writer-field.js';

/** Map in DISTRIBUTED mode: a Map Run, whose children are executions of their own. */
export function compileDistributedMap(source: StateSource): MapProcessing {
  const { fields, compileWithin } = source;
  const items = itemsTemplate(fields);
  const reader = itemReaderOf(fields);
  if (reader && items) fields.notImplemented("'Items' beside 'ItemReader'", 'Items');
  if (fields.has('ItemBatcher')) fields.notImplemented("'ItemBatcher'", 'ItemBatcher');
  const selector = fields.template('ItemSelector');
  const bounds = {
    maxConcurrency: fields.numberOrExpression('MaxConcurrency', { min: 0, integer: true }),
    count: fields.numberOrExpression('ToleratedFailureCount', { min: 0, integer: true }),
    percentage: fields.numberOrExpression('ToleratedFailurePercentage', { min: 0, max: 100 }),
  };
  const writer = resultWriterOf(fields);
  const label = labelOf(source);
  const processor = fields.object('ItemProcessor');
  processor?.allow('ProcessorConfig', 'StartAt', 'States', 'Comment', 'TimeoutSeconds');
  if (processor?.has('TimeoutSeconds'))
    processor.notImplemented("'TimeoutSeconds' of an ItemProcessor", 'TimeoutSeconds');
  const config = processor?.object('ProcessorConfig');
  config?.allow('Mode', 'ExecutionType');
  config?.require('ExecutionType');
  if (config?.oneOf('ExecutionType', ['STANDARD', 'EXPRESS']) === 'EXPRESS') {
    config.notImplemented('the ExecutionType EXPRESS', 'ExecutionType');
  }
  const workflow = processor && compileWithin(processor, 'apart');
  const definition = JSON.stringify(processor?.values ?? {});

  return async (visit) => {
    const given = reader ? undefined : await itemsOf(visit, items);
    visit.record('MapStateStarted', { length: given?.length ?? 0 });
    const settings = await settingsOf(visit, bounds);
    const source = reader && (await reader.locate(visit));
    const destination = writer?.destination && (await writer.destination(visit));
    checkStart(visit);
    const mapRun = openMapRun(visit, label, { workflow: workflow as Workflow, definition }, settings);
    const previous = visit.record('MapRunStarted', { mapRunArn: mapRun.arn });
    try {
      const { services, roleArn } = visit.frame.execution;
      const write: WriteObject = (bucket, key, body, contentType) =>
        services.ports.writeObject(bucket, key, body, contentType, roleArn);
      const sink = destination
        ? new ResultWriter(destination, writer.config, write)
        : new ResultList((record, output) => transformed(writer?.config.transformation ?? 'COMPACT', record, output));
      if (sink instanceof ResultWriter) await writeTestManifest(visit, sink, mapRun.arn);
      const list = source ? await reader.read(visit, source) : itemsOfArray(given ?? []);
      const inputs = { total: list.total, at: (index: number) => selectItem(visit, selector, index, list.at(index)) };
      const failure = await mapRun.run(inputs, sink, visit.frame.signal).then(
        () => undefined,
        (error: unknown) => error,
      );
      const result = await resultOf(mapRun, sink, failure instanceof Stopped);
      if (failure !== undefined) throw failure;
      if (!result) throw dataLimitExceeded(visit.state.name);
      mapRun.close('SUCCEEDED');
      visit.record('MapRunSucceeded');
      return { result, previous };
    } catch (error) {
      throw closeFailed(visit, mapRun, error);
    }
  };
}

function openMapRun(
  visit: Visit,
  label: string,
  processor: { workflow: Workflow; definition: string },
  settings: MapRunSettings,
): MapRun {
  const { execution } = visit.frame;
  const { arns, directory, ports } = execution.services;
  const name = `${execution.machine.name}/${label}`;
  const revision = { ...execution.revision, ...processor, machine: { arn: stateMachineArn(arns, name), name } };
  const arn = mapRunArn(arns, execution.machine.name, label, uuid(ports.random));
  const mapRun = new MapRun(arn, execution, revision, settings);
  directory.mapRuns.set(arn, mapRun);
  return mapRun;
}

/** The results, also those of a Map Run that failed: its files tell what was done. */
async function resultOf(
  mapRun: MapRun,
  sink: ResultWriter | ResultList,
  stopped: boolean,
): Promise<Payload | undefined> {
  const { counts } = mapRun;
  if (sink instanceof ResultList) {
    counts.resultsWritten = stopped ? 0 : counts.total - counts.pending;
    return sink.result();
  }
  const ResultWriterDetails = await sink.finish(mapRun.arn);
  counts.resultsWritten = counts.total;
  return Payload.ofValue({ MapRunArn: mapRun.arn, ResultWriterDetails });
}

/** Records how the Map Run ended, and answers the error with which its state goes on. */
function closeFailed(visit: Visit, mapRun: MapRun, error: unknown): unknown {
  if (error instanceof Stopped) {
    mapRun.close('ABORTED');
    return error;
  }
  mapRun.close('FAILED');
  if (error instanceof StateError) visit.record('MapRunFailed', { cause: error.causeText, error: error.error });
  return error;
}

interface Bounds {
  maxConcurrency: Template | undefined;
  count: Template | undefined;
  percentage: Template | undefined;
}

async function settingsOf(visit: Visit, { maxConcurrency, count, percentage }: Bounds): Promise<MapRunSettings> {
  const settings = {
    maxConcurrency: maxConcurrency ? await visit.evaluateAs('number', maxConcurrency) : 0,
    toleratedFailureCount: count ? await visit.evaluateAs('number', count) : 0,
    toleratedFailurePercentage: percentage ? await visit.evaluateAs('number', percentage) : 0,
  };
  if (settings.maxConcurrency < 0) throw visit.runtimeError('MaxConcurrency cannot be negative.');
  if (settings.toleratedFailureCount < 0) throw visit.runtimeError('ToleratedFailureCount cannot be negative.');
  if (settings.toleratedFailurePercentage < 0 || settings.toleratedFailurePercentage > 100) {
    throw visit.runtimeError('ToleratedFailurePercentage must be between 0 and 100.');
  }
  if (!Number.isInteger(settings.maxConcurrency)) throw visit.runtimeError('MaxConcurrency must be an integer.');
  if (!Number.isInteger(settings.toleratedFailureCount))
    throw visit.runtimeError('ToleratedFailureCount must be an integer.');
  return settings;
}
