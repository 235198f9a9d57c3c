internal import Komoku
internal import KomokuWire
internal import NIOHTTP1

/// What routes answer, for OpenAPI.
extension Route {
    /// Of an answer in JSON: made of the shape that it has, where it is one.
    var answerSchema: JSON {
        if let command { return Self.schema(of: command, on: self) }
        switch path.description {
        case "/api/keys": return Self.keysSchema
        case "/api/keys/{key}": return Self.keySchema
        case "/api/keys/{key}/history": return Self.historySchema
        case "/api/documents/{name}":
            return method == .GET ? Document.schema.adding("content", .object([])) : DocumentRevision.schema
        case "/api/session": return IdentityReport.schema.adding("csrf", String.schema)
        case "/openapi.json": return Self.object(("openapi", String.schema), ("paths", Self.any))
        case "/mcp": return ["type": "object", "properties": ["jsonrpc": String.schema, "id": .object([])]]
        default: break
        }
        if group == .hooks { return Self.done }
        return Self.object(("status", ["type": "string", "enum": ["success"]]), ("data", .object([])))
    }

    private static func schema(of command: Command.Name, on route: Route) -> JSON {
        switch command {
        case .put: put
        case .hub: HubIdentity.schema
        case .status: HubStatus.schema
        case .stats: ServerCounters.schema
        case .deadLetters: ["type": "array", "items": DeadLetterReport.schema]
        case .reload: ReloadAnswer.schema
        case .store: StoreStatus.schema
        case .compact: Compaction.schema
        case .import: ImportReport.schema
        case .statistics, .profile, .spans: figures(of: command)
        case .why: route.path.segments.contains(.word("rules")) ? RuleStory.schema : KeyStory.schema
        case .repair: route.method == .GET ? Outliers.schema : Repaired.schema
        case .uses: KeyUses.schema
        case .renames: FormerKeys.schema
        case .devices: DevicesPage.schema
        case .replace: DeviceReplacement.schema
        case .helpers: HelpersList.schema
        case .agents: AgentsList.schema
        case .sizes: KeySizesList.schema
        case .rules: RulesPage.schema
        case .runs: RunsPage.schema
        case .emit: Emitted.schema
        case .stopRuns: StoppedRuns.schema
        case .cells: CellsPage.schema
        case .notifications: NotificationsPage.schema
        case .acknowledge: Acknowledged.schema
        case .documents: DocumentsList.schema
        case .rooms: RoomsList.schema
        case .energy: EnergyReport.schema
        case .ruleFiles: RuleFilesList.schema
        case .ruleFile: RuleFileText.schema
        case .ruleText: RuleText.schema
        case .saveRuleFile: RuleFileSaved.schema
        case .ruleVersions: RuleVersionsList.schema
        case .ruleVersion: object(("text", String.schema))
        case .ruleExamples: RuleExamplesList.schema
        case .activity: ActivityPage.schema
        case .users: UsersList.schema
        case .tokens: TokensList.schema
        case .addToken: NewToken.schema
        case .run: ["type": "object", "properties": ["run": number, "rule": String.schema]]
        case .checkRules: object(("errors", number), ("warnings", number), ("findings", list))
        case .testRules: object(("passed", number), ("failed", number))
        case .replayRules: object(("lines", list))
        default: done
        }
    }

    private static func figures(of command: Command.Name) -> JSON {
        let members: [(String, JSON)] =
            switch command {
            case .statistics: [("windows", list)]
            case .spans: [("spans", list)]
            default: []
            }
        return StatisticsSubject.schema.adding(members)
    }

    // MARK: What no shape has

    private static let number: JSON = ["type": "number"]
    private static let any: JSON = ["type": "object"]
    private static let list: JSON = ["type": "array"]
    private static let value: JSON = ["type": ["number", "string", "boolean", "null"]]
    private static let time: JSON = ["type": ["number", "null"], "description": "seconds since 1970"]

    /// What was only done.
    private static let done: JSON = [
        "type": "object", "properties": ["result": ["type": "string", "enum": ["ok"]], "stored": Bool.schema],
    ]

    private static let put: JSON = [
        "type": "object",
        "properties": [
            "result": ["type": "string", "enum": ["ok"]], "stored": Bool.schema, "created": Bool.schema,
            "future": Bool.schema, "outcome": String.schema, "value": value, "topic": String.schema,
        ],
    ]

    private static let facts = KeyFacts.schema.adding("value", value).adding("time", time)
    private static let keySchema = facts.adding("key", String.schema)
    private static let keysSchema: JSON = ["type": "object", "additionalProperties": facts]
    private static let historySchema = SeriesRequest.answer.adding(("points", list), ("windows", list), ("next", time))

    private static func object(_ members: (String, JSON)...) -> JSON {
        [
            "type": "object", "properties": .object(members.map { JSON.Member($0.0, $0.1) }),
            "required": .array(members.map { .string($0.0) }),
        ]
    }
}

extension SeriesRequest {
    fileprivate static var answer: JSON {
        ["type": "object", "required": ["key"], "properties": ["key": String.schema, "since": ["type": "number"]]]
    }
}

extension JSON {
    /// A schema of an object with further members, which need not be there.
    fileprivate func adding(_ name: String, _ schema: JSON) -> JSON { adding([(name, schema)]) }

    fileprivate func adding(_ members: (String, JSON)...) -> JSON { adding(members) }

    fileprivate func adding(_ more: [(String, JSON)]) -> JSON {
        let own = (self["properties"]?.object ?? []).filter { member in !more.contains { $0.0 == member.name } }
        let properties = own + more.map { JSON.Member($0.0, $0.1) }
        return .object(
            (object ?? []).map { $0.name == "properties" ? JSON.Member("properties", .object(properties)) : $0 })
    }
}
