import { notDone } from '../query-failure.js';
import { checkTypes, type KindOfColumn, type ValueKind } from './check-types.js';
import { type Predicate, predicatesOf } from './predicates.js';
import { become, nodesOf, type SqlNode } from './syntax-tree.js';

/** What a name in FROM stands for. */
export type Relation =
  /** A table: DuckDB knows it as `view`. */
  | {
      kind: 'table';
      view: string;
      columns: ReadonlyMap<string, ValueKind | undefined>;
      demand(predicates: readonly Predicate[]): void;
    }
  /** A view, with its query and where its own names are looked up. */
  | { kind: 'view'; node: SqlNode; relations: Relations };

/** @throws QueryFailure where nothing, or nothing that may be read, has that name */
export type Relations = (name: { catalog: string; schema: string; table: string }) => Relation;

/** The WITH queries that a place can see, the nearest first. */
type Scope = VisibleQuery | undefined;

interface VisibleQuery {
  /** Lower case. */
  name: string;
  node: SqlNode;
  relations: Relations;
  aliases: readonly string[];
  /** What it sees itself: those before it, and those around. */
  outer: Scope;
}

/**
 * Goes through a query's FROM clauses: gives tables the names by which DuckDB has them, puts views in as subqueries, and
 * tells each table what the query demands of its columns, once for each place where it stands. Only conditions whose
 * effect on a table is certain are told: the rows that they leave out of it cannot change the result.
 */
export function planTables(root: SqlNode, relations: Relations): void {
  new Planner().query(root, undefined, relations, []);
}

class Planner {
  /** What was found where: a WITH query is gone through once for each place that names it. */
  readonly #found = new Map<SqlNode, Relation>();
  readonly #named = new Set<SqlNode>();
  #places = 0;

  query(node: SqlNode, outer: Scope, relations: Relations, demands: readonly Demand[]): void {
    if (node.type !== 'SELECT_NODE' && node.type !== 'SET_OPERATION_NODE')
      throw notDone(`queries of the kind ${String(node.type)}`);
    const scope = withQueriesOf(node, outer, relations);
    this.#members(node, scope, relations, isLimited(node) ? [] : demands);
    // DuckDB must not look up what nobody did here.
    const withQueries = node['cte_map'] as { map: WithQuery[] };
    withQueries.map = withQueries.map.filter(({ value }) => this.#named.has(value.query.node));
  }

  #members(node: SqlNode, scope: Scope, relations: Relations, passed: readonly Demand[]): void {
    if (node.type === 'SET_OPERATION_NODE') {
      const [left, right] = [node['left'] as SqlNode, node['right'] as SqlNode];
      this.query(left, scope, relations, passed);
      const positions = outputNames(left);
      this.query(
        right,
        scope,
        relations,
        passed.flatMap((demand) => {
          const ordinal = demand.ordinal ?? positions?.indexOf(demand.column) ?? -1;
          return ordinal < 0 ? [] : [{ ...demand, ordinal }];
        }),
      );
      return this.#expressions(node['modifiers'], scope, relations);
    }
    const list = node['select_list'] as SqlNode[];
    const from = node['from_table'] as SqlNode;
    const inner = [...nodesOf(list)].some((each) => each.class === 'WINDOW')
      ? []
      : passed.flatMap((demand) => throughList(demand, list, from));
    this.#from(from, scope, relations, [...predicatesOf(node['where_clause'] as SqlNode | null), ...inner]);
    const kindOf = this.#kinds(from);
    checkTypes(from, kindOf);
    for (const name of ['select_list', 'where_clause', 'group_expressions', 'having', 'modifiers']) {
      checkTypes(node[name], kindOf);
      this.#expressions(node[name], scope, relations);
    }
  }

  /** Of which kind the columns of a FROM are, as far as they are columns of tables: a subquery may call anything so. */
  #kinds(from: SqlNode): KindOfColumn {
    const members = membersOf(from).map((node) => ({
      alias: String(node['alias']).toLowerCase(),
      found: this.#found.get(node),
    }));
    return (names) => {
      const [column = '', qualifier] = [names.at(-1), names.at(-2)];
      const tables = members
        .filter(({ alias }) => qualifier === undefined || qualifier === alias)
        .map(({ found }) => found);
      if (!tables.every((table) => table?.kind === 'table')) return undefined;
      const [kind, ...others] = tables
        .filter(({ columns }) => columns.has(column))
        .map(({ columns }) => columns.get(column));
      return others.length === 0 ? kind : undefined;
    };
  }

  #from(node: SqlNode, scope: Scope, relations: Relations, predicates: readonly Predicate[]): void {
    const found = this.#found.get(node);
    if (found) return this.#relation(node, found, predicates);
    switch (node.type) {
      case 'EMPTY':
      case 'EXPRESSION_LIST':
        return this.#expressions(node['values'], scope, relations);
      case 'TABLE_FUNCTION':
        return this.#expressions(node['function'], scope, relations);
      case 'SUBQUERY': {
        const { node: query } = node['subquery'] as { node: SqlNode };
        return this.query(query, scope, relations, demandsOn(node, predicates));
      }
      case 'JOIN':
        return this.#join(node, scope, relations, predicates);
      case 'BASE_TABLE':
        return this.#table(node, scope, relations, predicates);
      default:
        throw notDone(`${String(node.type)} in FROM`);
    }
  }

  #join(node: SqlNode, scope: Scope, relations: Relations, predicates: readonly Predicate[]): void {
    const { join_type: type, ref_type: kind } = node;
    if (!JOINS.has(String(type)) || !KINDS.has(String(kind)))
      throw notDone(`joins of the kind ${String(type)} ${String(kind)}`);
    const condition = node['condition'] as SqlNode | null;
    const on = predicatesOf(condition);
    // A condition of an outer join leaves rows out of the side only that may be missing.
    const left = type === 'INNER' || type === 'RIGHT' ? [...predicates, ...on] : predicates;
    const right = type === 'INNER' || type === 'LEFT' ? [...predicates, ...on] : predicates;
    this.#from(node['left'] as SqlNode, scope, relations, left);
    this.#from(node['right'] as SqlNode, scope, relations, right);
    this.#expressions(condition, scope, relations);
  }

  #table(node: SqlNode, scope: Scope, relations: Relations, predicates: readonly Predicate[]): void {
    const [catalog, schema, table] = ['catalog_name', 'schema_name', 'table_name'].map((name) =>
      String(node[name]).toLowerCase(),
    ) as [string, string, string];
    const alias = String(node['alias']) || table;
    const named = schema === '' && catalog === '' ? visible(table, scope) : undefined;
    if (named) {
      this.#count();
      const aliases = named.aliases;
      const demands = demandsOn(
        { ...node, alias, column_name_alias: aliases.length > 0 ? [...aliases] : node['column_name_alias'] },
        predicates,
      );
      this.#named.add(named.node);
      return this.query(named.node, named.outer, named.relations, demands);
    }
    const relation = relations({ catalog, schema, table });
    this.#found.set(node, relation);
    if (relation.kind === 'table')
      Object.assign(node, { table_name: relation.view, schema_name: '', catalog_name: '', alias });
    else
      become(node, {
        type: 'SUBQUERY',
        alias,
        sample: null,
        query_location: 0,
        subquery: { node: relation.node, named_param_map: [] },
        column_name_alias: node['column_name_alias'],
      });
    this.#relation(node, relation, predicates);
  }

  /** A query of thirty short WITH queries, each of which names the one before it twice, stands for 2^30 places. */
  #count(): void {
    this.#places += 1;
    if (this.#places > MAX_PLACES)
      throw notDone(
        `queries that name WITH queries and views in more than ${MAX_PLACES} places, those within others too`,
      );
  }

  #relation(node: SqlNode, relation: Relation, predicates: readonly Predicate[]): void {
    const demands = demandsOn(node, predicates);
    if (relation.kind === 'view') {
      this.#count();
      return this.query(relation.node, undefined, relation.relations, demands);
    }
    relation.demand(demands.filter(({ ordinal, column }) => ordinal === undefined && relation.columns.has(column)));
  }

  /** Subqueries in expressions; what is around them demands nothing of them. */
  #expressions(tree: unknown, scope: Scope, relations: Relations): void {
    for (const query of subqueriesOf(tree)) this.query(query, scope, relations, []);
  }
}

/** A demand on what a query gives out: by name or, through a set operation, by position. */
interface Demand extends Predicate {
  ordinal?: number;
}

/** What a query can see with its own WITH queries. */
function withQueriesOf(node: SqlNode, around: Scope, relations: Relations): Scope {
  let scope = around;
  for (const { key, value } of (node['cte_map'] as { map: WithQuery[] }).map)
    scope = { name: key.toLowerCase(), node: value.query.node, relations, aliases: value.aliases, outer: scope };
  return scope;
}

function visible(name: string, scope: Scope): VisibleQuery | undefined {
  for (let each = scope; each; each = each.outer) if (each.name === name) return each;
  return undefined;
}

interface WithQuery {
  key: string;
  value: { query: { node: SqlNode }; aliases: string[] };
}

const isLimited = (node: SqlNode) =>
  (node['modifiers'] as SqlNode[]).some(({ type }) => type === 'LIMIT_MODIFIER' || type === 'LIMIT_PERCENT_MODIFIER');

/** The names of a query's columns, lower case; undefined where they are not all in sight. */
function outputNames(node: SqlNode): string[] | undefined {
  if (node.type === 'SET_OPERATION_NODE') return outputNames(node['left'] as SqlNode);
  const list = node['select_list'] as SqlNode[];
  return list.some((item) => item.class === 'STAR') ? undefined : list.map(outputName);
}

function outputName(item: SqlNode): string {
  const alias = String(item['alias']);
  if (alias !== '') return alias.toLowerCase();
  return item.class === 'COLUMN_REF' ? ((item['column_names'] as string[]).at(-1) ?? '').toLowerCase() : '';
}

/** What a demand on a query's output is of its FROM: only a plain column passes it on. */
function throughList(demand: Demand, list: readonly SqlNode[], from: SqlNode): Predicate[] {
  const { ordinal, qualifier: _, ...predicate } = demand;
  const stars = list.filter((item) => item.class === 'STAR');
  if (ordinal !== undefined && stars.length > 0) return [];
  const named = ordinal === undefined ? list.filter((item) => outputName(item) === demand.column) : [list[ordinal]];
  const [item, ...others] = named;
  if (item) {
    if (others.length > 0 || item.class !== 'COLUMN_REF') return [];
    const names = (item['column_names'] as string[]).map((name) => name.toLowerCase());
    const [column = '', qualifier] = [names.at(-1), names.at(-2)];
    return [{ ...predicate, column, ...(qualifier !== undefined && { qualifier }) }];
  }
  const [star, ...more] = stars;
  if (!star || more.length > 0) return [];
  const relation = String(star['relation_name']).toLowerCase();
  // Of two tables behind one star, either may have the column.
  if (relation === '') return from.type === 'JOIN' ? [] : [predicate];
  return [{ ...predicate, qualifier: relation }];
}

/** The demands that are of one member of FROM. Where its columns are renamed, they are by position. */
function demandsOn(node: SqlNode, predicates: readonly Predicate[]): Demand[] {
  const alias = String(node['alias']).toLowerCase();
  const renamed = ((node['column_name_alias'] ?? []) as string[]).map((name) => name.toLowerCase());
  return predicates
    .filter(({ qualifier }) => qualifier === undefined || qualifier === alias)
    .flatMap((each) => {
      const { qualifier: _, ...predicate } = each;
      const ordinal = renamed.indexOf(predicate.column);
      if (ordinal >= 0) return [{ ...predicate, ordinal }];
      return renamed.length > 0 ? [] : [predicate];
    });
}

/** The members of FROM, out of their joins. */
function membersOf(from: SqlNode): SqlNode[] {
  return from.type === 'JOIN' ? [from['left'], from['right']].flatMap((side) => membersOf(side as SqlNode)) : [from];
}

function* subqueriesOf(tree: unknown): Generator<SqlNode> {
  if (typeof tree !== 'object' || tree === null) return;
  const { class: kind, subquery } = tree as SqlNode;
  if (kind === 'SUBQUERY') yield (subquery as { node: SqlNode }).node;
  for (const [name, member] of Object.entries(tree))
    if (kind !== 'SUBQUERY' || name !== 'subquery') yield* subqueriesOf(member);
}

const JOINS = new Set(['INNER', 'LEFT', 'RIGHT', 'FULL']);
const KINDS = new Set(['REGULAR', 'CROSS', 'NATURAL']);

/** Each is gone through by itself, while the engine does nothing else. */
const MAX_PLACES = 1000;
