/** A table or view as CloudFormation's `AWS::Glue::Table.TableInput` describes it. */
export interface TableInput {
  Name: string;
  TableType?: string;
  Parameters?: Readonly<Record<string, string>>;
  PartitionKeys?: readonly Column[];
  StorageDescriptor?: StorageDescriptor;
  ViewOriginalText?: string;
  ViewExpandedText?: string;
  Description?: string;
  Owner?: string;
  Retention?: number;
}

export interface Column {
  Name: string;
  Type?: string;
  Comment?: string;
}

export interface StorageDescriptor {
  Columns?: readonly Column[];
  Location?: string;
  InputFormat?: string;
  OutputFormat?: string;
  SerdeInfo?: { SerializationLibrary?: string; Parameters?: Readonly<Record<string, string>>; Name?: string };
  [other: string]: unknown;
}
