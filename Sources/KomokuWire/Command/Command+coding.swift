package import Komoku

extension Command {
    /// Reads the value of a command's member: `{"key":"kitchen.lamp"}`.
    ///
    /// - Throws: `.invalidQuery` for a wrong shape, `.invalidKey` for a name that no key can have where one is needed.
    package init(_ name: Name, _ body: JSON, version: ProtocolVersion) throws(Refusal) {
        // Where nothing has to be said, null says it.
        let body = body.isNull && Self.mayBeEmpty.contains(name) ? .object([]) : body
        do throws(Refusal) {
            self = try Self.read(name, body, version)
        } catch {
            // Both old servers answered these with the code alone, and clients compare the whole text.
            throw Self.bareRefusals.contains(name) ? error.bare : error
        }
    }

    private static let mayBeEmpty: Set<Name> = [
        .stats, .store, .hub, .status, .clearDeadLetters, .deadLetters, .renames, .compact, .keys, .devices, .export,
        .rules, .runs, .why, .follow, .unfollow, .emit, .run, .enable, .disable, .stopRuns, .reload, .notifications,
        .acknowledge, .cells, .auth, .users, .tokens, .documents, .rooms, .resetRooms, .energy, .ruleFiles,
        .ruleExamples, .activity, .helpers, .agents, .report, .sizes,
    ]
    private static let bareRefusals: Set<Name> = [.get, .last, .put, .increment, .decrement, .define]

    private static func read(_ name: Name, _ body: JSON, _ version: ProtocolVersion) throws(Refusal) -> Command {
        switch name {
        case .get: .get(try ValueRequest(body))
        case .last: .last(try ValueRequest(body))
        case .put: .put(try put(body, version))
        case .increment: .increment(try IncrementRequest(body))
        case .decrement: .increment(try IncrementRequest(body).reversed)
        case .sub: .subscribe(try subscription(body, version))
        case .unsub:
            .unsubscribe(
                version == .v2 ? try SubscriptionRequest(end: body) : try subscription(body, version))
        case .keys: .keys(version == .v2 ? try KeysRequest(body) : try KeysRequest(old: body))
        case .define: .define(try [KeyDefinition](wire: body))
        case .fetch: .fetch(try FetchRequest(wire: body))
        case .ping: .ping(body)
        default: try readOurs(name, body)
        }
    }

    /// Those of the second protocol, and those without a body.
    private static func readOurs(_ name: Name, _ body: JSON) throws(Refusal) -> Command {
        if let bare = bare[name] {
            guard body.object != nil else { throw .invalidQuery }
            return bare
        }
        return switch name {
        case .delete: .delete(try KeyRequest(body))
        case .deadLetters: .deadLetters(try DeadLettersRequest(body))
        case .statistics: .statistics(try StatisticsRequest(body))
        case .profile: .profile(try ProfileRequest(body))
        case .spans: .spans(try SpansRequest(body))
        case .energy: .energy(try EnergyRequest(body))
        case .repair: .repair(try RepairRequest(body))
        case .rename: .rename(try RenameRequest(body))
        case .uses: .uses(try UsesRequest(body))
        case .merge: .merge(try MergeRequest(body))
        case .export: .export(try ExportRequest(body))
        case .import: .import(try ImportRequest(wire: body))
        case .backup: .backup(try BackupRequest(body))
        case .devices: .devices(try DevicesRequest(body))
        case .replace: .replace(try ReplaceRequest(body))
        case .forget: .forget(try ForgetRequest(body))
        case .renameDevice: .renameDevice(try RenameDeviceRequest(body))
        case .updateDevice: .updateDevice(try ForgetRequest(body))
        case .removeDevice: .removeDevice(try RemoveDeviceRequest(body))
        case .setHelper: .setHelper(try HelperDescription(body))
        case .removeHelper: .removeHelper(try KeyRequest(body))
        default: try readRuleCommand(name, body)
        }
    }

    private static func readRuleCommand(_ name: Name, _ body: JSON) throws(Refusal) -> Command {
        switch name {
        case .rules: .rules(try RulesRequest(body))
        case .runs: .runs(try RunsRequest(body))
        case .why: .why(try WhyRequest(body))
        case .follow: .follow(try FollowRequest(body))
        case .emit: .emit(try EmitRequest(body))
        case .run: .run(try RunRequest(body))
        case .enable: .enable(try RuleRequest(body))
        case .disable: .disable(try RuleRequest(body))
        case .stopRuns: .stopRuns(try RuleRequest(body))
        case .notifications: .notifications(try NotificationsRequest(body))
        case .acknowledge: .acknowledge(try AcknowledgeRequest(body))
        case .cells: .cells(try CellsRequest(body))
        case .changeCell: .changeCell(try CellChange(body))
        case .checkRules: .checkRules(try ProofRequest(body))
        case .testRules: .testRules(try ProofRequest(body))
        case .replayRules: .replayRules(try ProofRequest(body))
        default: try readAccountCommand(name, body)
        }
    }

    private static func readAccountCommand(_ name: Name, _ body: JSON) throws(Refusal) -> Command {
        switch name {
        case .auth: .auth(try AuthRequest(body))
        case .addUser: .addUser(try AddUserRequest(body))
        case .removeUser: .removeUser(try UserRequest(body))
        case .setPassword: .setPassword(try SetPasswordRequest(body))
        case .setRights: .setRights(try SetRightsRequest(body))
        case .addToken: .addToken(try AddTokenRequest(body))
        case .removeToken: .removeToken(try TokenRequest(body))
        default: try readPageCommand(name, body)
        }
    }

    /// What the web page needs beside the others.
    private static func readPageCommand(_ name: Name, _ body: JSON) throws(Refusal) -> Command {
        switch name {
        case .document: .document(try DocumentRequest(body))
        case .putDocument: .putDocument(try PutDocumentRequest(body))
        case .setRoom: .setRoom(try SetRoomRequest(body))
        case .removeRoom: .removeRoom(try RoomRequest(body))
        case .activity: .activity(try ActivityRequest(body))
        case .sizes: .sizes(try SizesRequest(body))
        case .hello: .hello(try AgentHello(body))
        case .report: .report(try AgentReport(body))
        case .agents: .agents(try AgentsRequest(body))
        case .setAgent: .setAgent(try SetAgentRequest(body))
        case .forgetAgent: .forgetAgent(try AgentRequest(body))
        case .ruleFile: .ruleFile(try RuleFileRequest(body))
        case .ruleText: .ruleText(try RuleRequest(body))
        case .saveRuleFile: .saveRuleFile(try SaveRuleFileRequest(body))
        case .ruleVersions: .ruleVersions(try RuleFileRequest(body))
        case .ruleVersion: .ruleVersion(try RuleVersionRequest(body))
        default: throw .invalidQuery
        }
    }

    /// Commands that take no members.
    private static let bare: [Name: Command] = [
        .stats: .stats, .store: .store, .hub: .hub, .status: .status, .clearDeadLetters: .clearDeadLetters,
        .renames: .renames, .compact: .compact, .unfollow: .unfollow, .reload: .reload,
        .users: .users, .tokens: .tokens, .documents: .documents,
        .rooms: .rooms, .resetRooms: .resetRooms, .ruleFiles: .ruleFiles, .ruleExamples: .ruleExamples,
        .helpers: .helpers,
    ]

    /// The first protocol knows no devices: it waits for none.
    private static func put(_ body: JSON, _ version: ProtocolVersion) throws(Refusal) -> PutRequest {
        if version == .v2 { return try PutRequest(body) }
        let known = (body.object ?? []).filter { $0.name != "wait" && $0.name != "dry_run" }
        return try PutRequest(.object(known))
    }

    /// The first protocol knows no patterns.
    private static func subscription(
        _ body: JSON, _ version: ProtocolVersion
    ) throws(Refusal) -> SubscriptionRequest {
        version == .v2 ? try SubscriptionRequest(body) : SubscriptionRequest(.key(try KeyRequest(body).key))
    }
}

extension Command {
    /// How it is written: the member that names it. Of two words for one the first.
    package var member: JSON.Member {
        let (name, shape) = written
        let body: JSON =
            switch self {
            case .define(let definitions): definitions.wire
            case .ping(let payload): payload
            case .import(let request): request.wire
            default: shape?.json ?? .object([])
            }
        return JSON.Member(name.rawValue, body)
    }

    package var name: Name { written.name }

    /// The word, and the members where it has some of its own.
    private var written: (name: Name, shape: (any Shape)?) {
        switch self {
        case .get(let request): (.get, request)
        case .last(let request): (.last, request)
        case .put(let request): (.put, request)
        case .increment(let request): (.increment, request)
        case .subscribe(let request): (.sub, request)
        case .unsubscribe(let request): (.unsub, request)
        case .keys(let request): (.keys, request)
        case .delete(let request): (.delete, request)
        case .fetch(let request): (.fetch, request)
        case .deadLetters(let request): (.deadLetters, request)
        case .statistics(let request): (.statistics, request)
        case .profile(let request): (.profile, request)
        case .spans(let request): (.spans, request)
        case .energy(let request): (.energy, request)
        case .repair(let request): (.repair, request)
        case .rename(let request): (.rename, request)
        case .uses(let request): (.uses, request)
        case .merge(let request): (.merge, request)
        case .export(let request): (.export, request)
        case .backup(let request): (.backup, request)
        case .devices(let request): (.devices, request)
        case .replace(let request): (.replace, request)
        case .forget(let request): (.forget, request)
        case .renameDevice(let request): (.renameDevice, request)
        case .updateDevice(let request): (.updateDevice, request)
        case .removeDevice(let request): (.removeDevice, request)
        case .sizes(let request): (.sizes, request)
        case .hello(let hello): (.hello, hello)
        case .report(let report): (.report, report)
        case .agents(let request): (.agents, request)
        case .setAgent(let request): (.setAgent, request)
        case .forgetAgent(let request): (.forgetAgent, request)
        case .setHelper(let helper): (.setHelper, helper)
        case .removeHelper(let request): (.removeHelper, request)
        case .rules(let request): (.rules, request)
        case .runs(let request): (.runs, request)
        case .why(let request): (.why, request)
        case .follow(let request): (.follow, request)
        case .emit(let request): (.emit, request)
        case .run(let request): (.run, request)
        case .enable(let request): (.enable, request)
        case .disable(let request): (.disable, request)
        case .stopRuns(let request): (.stopRuns, request)
        case .notifications(let request): (.notifications, request)
        case .acknowledge(let request): (.acknowledge, request)
        case .cells(let request): (.cells, request)
        case .changeCell(let request): (.changeCell, request)
        case .checkRules(let request): (.checkRules, request)
        case .testRules(let request): (.testRules, request)
        case .replayRules(let request): (.replayRules, request)
        case .auth(let request): (.auth, request)
        case .addUser(let request): (.addUser, request)
        case .removeUser(let request): (.removeUser, request)
        case .setPassword(let request): (.setPassword, request)
        case .setRights(let request): (.setRights, request)
        case .addToken(let request): (.addToken, request)
        case .removeToken(let request): (.removeToken, request)
        case .document(let request): (.document, request)
        case .putDocument(let request): (.putDocument, request)
        case .setRoom(let request): (.setRoom, request)
        case .removeRoom(let request): (.removeRoom, request)
        case .activity(let request): (.activity, request)
        case .ruleFile(let request): (.ruleFile, request)
        case .ruleText(let request): (.ruleText, request)
        case .saveRuleFile(let request): (.saveRuleFile, request)
        case .ruleVersions(let request): (.ruleVersions, request)
        case .ruleVersion(let request): (.ruleVersion, request)
        case .define: (.define, nil)
        case .ping: (.ping, nil)
        case .import: (.import, nil)
        case .stats: (.stats, nil)
        case .store: (.store, nil)
        case .hub: (.hub, nil)
        case .status: (.status, nil)
        case .clearDeadLetters: (.clearDeadLetters, nil)
        case .renames: (.renames, nil)
        case .compact: (.compact, nil)
        case .unfollow: (.unfollow, nil)
        case .reload: (.reload, nil)
        case .users: (.users, nil)
        case .tokens: (.tokens, nil)
        case .documents: (.documents, nil)
        case .rooms: (.rooms, nil)
        case .resetRooms: (.resetRooms, nil)
        case .ruleFiles: (.ruleFiles, nil)
        case .ruleExamples: (.ruleExamples, nil)
        case .helpers: (.helpers, nil)
        }
    }
}
