package import Komoku

/// One command of a client, checked in shape; whether the hub takes it is another matter.
package enum Command: Hashable, Sendable {
    case get(ValueRequest)
    case last(ValueRequest)
    case put(PutRequest)
    /// `decrement` is a negative step.
    case increment(IncrementRequest)
    case subscribe(SubscriptionRequest)
    case unsubscribe(SubscriptionRequest)
    case keys(KeysRequest)
    case define([KeyDefinition])
    case delete(KeyRequest)
    case fetch(FetchRequest)
    case ping(JSON)
    case stats
    case store
    /// What keys take of the file.
    case sizes(SizesRequest)
    /// Who the hub is: its version, its time zone.
    case hub
    /// How everything is, and what needs a person.
    case status
    case deadLetters(DeadLettersRequest)
    case clearDeadLetters
    case statistics(StatisticsRequest)
    case profile(ProfileRequest)
    case spans(SpansRequest)
    case energy(EnergyRequest)
    case repair(RepairRequest)
    case rename(RenameRequest)
    /// Names that keys had before.
    case renames
    /// Where the configuration names a key, and what to write there for another name.
    case uses(UsesRequest)
    case merge(MergeRequest)
    case export(ExportRequest)
    case `import`(ImportRequest)
    case compact
    case backup(BackupRequest)
    case devices(DevicesRequest)
    case replace(ReplaceRequest)
    /// Of an agent: who it is, and what it tells beside its keys.
    case hello(AgentHello)
    case report(AgentReport)
    /// Hosts that tell of themselves.
    case agents(AgentsRequest)
    case setAgent(SetAgentRequest)
    case forgetAgent(AgentRequest)
    /// Keys that the family sets up without the configuration.
    case helpers
    case setHelper(HelperDescription)
    case removeHelper(KeyRequest)
    case forget(ForgetRequest)
    case renameDevice(RenameDeviceRequest)
    case updateDevice(ForgetRequest)
    case removeDevice(RemoveDeviceRequest)
    case rules(RulesRequest)
    case runs(RunsRequest)
    case why(WhyRequest)
    case follow(FollowRequest)
    case unfollow
    case emit(EmitRequest)
    case run(RunRequest)
    case enable(RuleRequest)
    case disable(RuleRequest)
    case stopRuns(RuleRequest)
    case reload
    case notifications(NotificationsRequest)
    case acknowledge(AcknowledgeRequest)
    case cells(CellsRequest)
    case changeCell(CellChange)
    /// Rules that are tried, and not loaded.
    case checkRules(ProofRequest)
    case testRules(ProofRequest)
    case replayRules(ProofRequest)
    /// Who asks, from now on.
    case auth(AuthRequest)
    case users
    case addUser(AddUserRequest)
    case removeUser(UserRequest)
    case setPassword(SetPasswordRequest)
    case setRights(SetRightsRequest)
    case tokens
    case addToken(AddTokenRequest)
    case removeToken(TokenRequest)
    /// What clients keep at the hub.
    case documents
    case document(DocumentRequest)
    case putDocument(PutDocumentRequest)
    case rooms
    case setRoom(SetRoomRequest)
    case removeRoom(RoomRequest)
    case resetRooms
    /// Rules that clients write.
    case ruleFiles
    case ruleFile(RuleFileRequest)
    case ruleText(RuleRequest)
    case saveRuleFile(SaveRuleFileRequest)
    case ruleVersions(RuleFileRequest)
    case ruleVersion(RuleVersionRequest)
    case ruleExamples
    /// What happened in the house.
    case activity(ActivityRequest)

    /// The words that name a command on the wire.
    package enum Name: String, Hashable, Sendable, CaseIterable {
        // Of both protocols.
        case get, last, put, increment, decrement, sub, unsub, keys, define, fetch, ping, stats
        // Of the second only.
        case delete, store, sizes, statistics, profile, spans, energy, repair, rename, merge, export, `import`, compact,
            backup
        case devices, forget, replace
        case renameDevice = "rename_device"
        case updateDevice = "update_device"
        case removeDevice = "remove_device"
        case hello, report, agents
        case setAgent = "set_agent"
        case forgetAgent = "forget_agent"
        case helpers
        case setHelper = "set_helper"
        case removeHelper = "remove_helper"
        case rules, runs, why, follow, unfollow, emit, run, enable, disable, reload, notifications, acknowledge
        case stopRuns = "stop_runs"
        case cells
        case changeCell = "change_cell"
        case checkRules = "check_rules"
        case testRules = "test_rules"
        case replayRules = "replay_rules"
        case deadLetters = "dead_letters"
        case clearDeadLetters = "clear_dead_letters"
        case hub, status, renames, uses
        case auth, users, tokens
        case addUser = "add_user"
        case removeUser = "remove_user"
        case setPassword = "set_password"
        case setRights = "set_rights"
        case addToken = "add_token"
        case removeToken = "remove_token"
        case documents, document
        case putDocument = "put_document"
        case rooms
        case setRoom = "set_room"
        case removeRoom = "remove_room"
        case resetRooms = "reset_rooms"
        case ruleFiles = "rule_files"
        case ruleFile = "rule_file"
        case ruleText = "rule_text"
        case saveRuleFile = "save_rule_file"
        case ruleVersions = "rule_versions"
        case ruleVersion = "rule_version"
        case ruleExamples = "rule_examples"
        case activity

        private static let old: Set<Name> = [
            .get, .last, .put, .increment, .decrement, .sub, .unsub, .keys, .define, .fetch, .ping, .stats,
        ]

        /// Commands that only the second protocol knows.
        package var isOurs: Bool { !Self.old.contains(self) }

        package init?(_ text: String, version: ProtocolVersion) {
            guard let name = Name(rawValue: text), version == .v2 || !name.isOurs else { return nil }
            self = name
        }
    }

    /// Whether it has a turn of the hub to itself, and what follows on the same connection waits for it.
    ///
    /// Such a command needs what the store was handed at the end of the turn before, or is long enough that other
    /// connections should come in between two of them.
    package var isQuery: Bool {
        switch self {
        case .merge, .import, .compact, .backup, .repair, .replace, .reload, .renameDevice, .updateDevice,
            .removeDevice, .setRoom, .removeRoom, .saveRuleFile:
            true
        // Passwords are hashed elsewhere; what comes behind is asked by who they belong to.
        case .auth, .addUser, .setPassword: true
        default: isReading
        }
    }

    /// Whether it only finds something out, for a client that hears the answer.
    package var isReading: Bool {
        switch self {
        case .repair(let request): request.isList
        case .fetch, .hub, .status, .deadLetters, .keys, .stats, .store, .statistics, .profile, .spans, .energy,
            .export,
            .devices, .renames, .uses, .rules, .runs, .why, .notifications,
            .cells, .users, .tokens, .rooms, .ruleFiles, .ruleFile, .ruleText, .ruleVersions, .ruleVersion,
            .ruleExamples, .activity, .helpers, .agents, .sizes,
            .checkRules, .testRules, .replayRules:
            true
        default: false
        }
    }
}
