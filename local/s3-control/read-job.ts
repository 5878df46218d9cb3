import { type XmlElement, childText, readXml } from '../http/xml-reader.js';
import { element } from '../http/xml.js';
import { ControlError, invalidRequest } from './control-error.js';
import type { Job, JobManifest, JobReport, JobRequest, ManifestField } from './job.js';

/**
 * Reads the body of CreateJob, and refuses by name what the embedded S3 Control does not do.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html
 * @throws ControlError `MalformedXML`, `InvalidRequest`, `NotImplemented`
 */
export function readJob(text: string): Pick<Job, 'request' | 'xml'> {
  const document = readXml(text);
  if (document?.name !== 'CreateJobRequest')
    throw new ControlError('MalformedXML', 'The XML you provided was not well-formed or did not validate.');
  const operation = required(document, 'Operation');
  const [named, ...more] = operation.children;
  if (!named || more.length > 0) throw invalidRequest('Expected one operation.');
  if (named.name !== 'S3ReplicateObject') throw refused(`the operation ${named.name}, only S3ReplicateObject`);
  if (child(document, 'ManifestGenerator')) throw refused('ManifestGenerator; give a Manifest');
  const [manifest, report] = [required(document, 'Manifest'), required(document, 'Report')];
  const request: JobRequest = {
    confirmationRequired: childText(document, 'ConfirmationRequired')?.trim() === 'true',
    report: readReport(report),
    token: bounded(document, 'ClientRequestToken', 64),
    manifest: readManifest(manifest),
    description: child(document, 'Description') && bounded(document, 'Description', 256),
    priority: readPriority(childText(document, 'Priority')),
    roleArn: readRole(childText(document, 'RoleArn')),
    hasTags: (child(document, 'Tags')?.children.length ?? 0) > 0,
  };
  return { request, xml: { manifest: written(manifest), report: written(report), operation: written(operation) } };
}

/** @throws ControlError `InvalidRequest` */
export function readPriority(text: string | undefined): number {
  const priority = Number(text?.trim() || Number.NaN);
  if (!Number.isInteger(priority) || priority < 0 || priority > 2_147_483_647)
    throw invalidRequest(`Expected a priority of 0 to 2147483647; got ${text ?? 'none'}.`);
  return priority;
}

const refused = (what: string) =>
  new ControlError('NotImplemented', `The embedded S3 Control does not implement ${what}.`);

function readRole(text = ''): string {
  const arn = text.trim();
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/./.test(arn)) throw invalidRequest(`Expected the ARN of a role; got ${arn}.`);
  return arn;
}

function readManifest(manifest: XmlElement): JobManifest {
  const [spec, location] = [required(manifest, 'Spec'), required(manifest, 'Location')];
  const format = childText(spec, 'Format')?.trim();
  if (format === 'S3InventoryReport_CSV_20161130' || format === 'S3InventoryReport_CSV_20211130')
    throw refused(`the manifest format ${format}, only S3BatchOperations_CSV_20180820`);
  if (format !== 'S3BatchOperations_CSV_20180820') throw invalidRequest(`The manifest format ${format} is invalid.`);
  const fields = (child(spec, 'Fields')?.children ?? []).map(({ text }) => readField(text.trim()));
  const missing = ['Bucket', 'Key'].filter((name) => fields.filter((field) => field === name).length !== 1);
  if (missing.length > 0 || fields.filter((field) => field === 'VersionId').length > 1)
    throw invalidRequest(`Required fields are missing in the schema: ${missing.join(', ') || 'VersionId comes twice'}`);
  const arn = childText(location, 'ObjectArn')?.trim() ?? '';
  const [, bucket = '', key = ''] = /^arn:aws[\w-]*:s3:::([^/]+)\/([^]+)$/.exec(arn) ?? [];
  if (key === '') throw invalidRequest(`Expected the ARN of the manifest; got ${arn}.`);
  const etag = bounded(location, 'ETag', 1024).replaceAll('"', '');
  return { bucket, key, versionId: childText(location, 'ObjectVersionId')?.trim(), etag, fields };
}

function readField(name: string): ManifestField {
  if (name === 'Bucket' || name === 'Key' || name === 'VersionId' || name === 'Ignore') return name;
  throw invalidRequest(`Expected the fields Bucket, Key, VersionId and Ignore; got ${name}.`);
}

function readReport(report: XmlElement): JobReport {
  const enabled = childText(report, 'Enabled')?.trim();
  if (enabled !== 'true' && enabled !== 'false') throw invalidRequest('Expected Enabled of the report: true or false.');
  if (enabled === 'false') return { isEnabled: false };
  const arn = childText(report, 'Bucket')?.trim() ?? '';
  const [, bucket = ''] = /^arn:aws[\w-]*:s3:::([^/]+)$/.exec(arn) ?? [];
  const scope = childText(report, 'ReportScope')?.trim();
  if (bucket === '') throw invalidRequest(`Expected the ARN of the report's bucket; got ${arn}.`);
  if (childText(report, 'Format')?.trim() !== 'Report_CSV_20180820')
    throw invalidRequest('Expected the report format Report_CSV_20180820.');
  if (scope !== 'AllTasks' && scope !== 'FailedTasksOnly')
    throw invalidRequest(`Expected the ReportScope AllTasks or FailedTasksOnly; got ${scope ?? 'none'}.`);
  const prefix = (childText(report, 'Prefix') ?? '').replace(/\/$/, '');
  return { isEnabled: true, bucket, prefix, scope, expectedOwner: childText(report, 'ExpectedBucketOwner')?.trim() };
}

function bounded(parent: XmlElement, name: string, most: number): string {
  const text = childText(parent, name) ?? '';
  if (text === '' || text.length > most) throw invalidRequest(`Expected ${name} of 1 to ${most} characters.`);
  return text;
}

function required(parent: XmlElement, name: string): XmlElement {
  const found = child(parent, name);
  if (!found) throw invalidRequest(`Expected an element ${name}.`);
  return found;
}

const child = (parent: XmlElement, name: string) => parent.children.find((each) => each.name === name);

/** An element as it was read. */
function written({ name, text, children }: XmlElement): string {
  return children.length === 0 ? element(name, text) : `<${name}>${children.map(written).join('')}</${name}>`;
}
