/** JSON of a template. */
export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

export interface Resource {
  Type: string;
  Properties: Record<string, Value>;
}

export interface TemplateJson {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: Value }>;
  Mappings?: Record<string, Record<string, Record<string, string>>>;
}

/** What a deployment knows: pseudo parameters and, as they are made, the resources by logical id. */
export class Deployment {
  /** What `Ref` answers of a resource, and what `Fn::GetAtt` answers by attribute. */
  readonly #made = new Map<string, { ref: string; attributes: Record<string, string> }>();

  constructor(
    private readonly template: TemplateJson,
    private readonly pseudo: Readonly<Record<string, string>>,
  ) {}

  made(logicalId: string, ref: string, attributes: Record<string, string> = {}): void {
    this.#made.set(logicalId, { ref, attributes });
  }

  /** Resources of a type, with their logical ids. */
  resources(type: string): [logicalId: string, resource: Resource][] {
    return Object.entries(this.template.Resources).filter(([, { Type }]) => Type === type);
  }

  /** Resources that functions of the stack make. */
  customResources(): Resource[] {
    return Object.values(this.template.Resources).filter(({ Type }) => Type.startsWith('Custom::S3Backfill'));
  }

  /** The one resource of a type. */
  only(type: string): [logicalId: string, resource: Resource] {
    const [first, ...others] = this.resources(type);
    if (!first || others.length > 0) throw new Error(`Expected one ${type}, found ${first ? others.length + 1 : 0}.`);
    return first;
  }

  /** A value with every intrinsic function of it evaluated. Throws where one names what was not made, or is not known here. */
  resolve(value: Value | undefined): Value {
    return this.#resolve(value ?? null);
  }

  /** The same of what is a string. */
  text(value: Value | undefined): string {
    const resolved = this.resolve(value);
    if (typeof resolved !== 'string') throw new Error(`Expected a string, got ${JSON.stringify(resolved)}.`);
    return resolved;
  }

  #resolve(value: Value): Value {
    if (Array.isArray(value)) return value.map((each) => this.#resolve(each));
    if (typeof value !== 'object' || value === null) return value;
    const [[name, argument] = ['', null], ...others] = Object.entries(value);
    if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) return this.#call(name, argument);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.#resolve(each)]));
  }

  #call(name: string, argument: Value): Value {
    switch (name) {
      case 'Ref':
        return this.pseudo[argument as string] ?? this.#find(argument as string).ref;
      case 'Fn::GetAtt': {
        const [logicalId, attribute] = argument as [string, string];
        const found = this.#find(logicalId).attributes[attribute];
        if (found === undefined) throw new Error(`${logicalId} has no ${attribute} here.`);
        return found;
      }
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, Value[]];
        return parts.map((part) => this.text(part)).join(separator);
      }
      case 'Fn::FindInMap': {
        const [map, first, second] = (argument as Value[]).map((each) => this.text(each));
        const found = this.template.Mappings?.[map ?? '']?.[first ?? '']?.[second ?? ''];
        if (found === undefined) throw new Error(`There is no ${map}/${first}/${second} in the mappings.`);
        return found;
      }
      default:
        throw new Error(`${name} is not evaluated here.`);
    }
  }

  #find(logicalId: string) {
    const found = this.#made.get(logicalId);
    if (!found) throw new Error(`${logicalId} was not made before it was needed.`);
    return found;
  }
}
