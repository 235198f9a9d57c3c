import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import KomokuWire
import Logging
import Testing

@testable import KomokuDesk

struct AccessControlTests {
    private let clock = VirtualClock()
    private let home = Entrance(address: "127.0.0.1", isLoopback: true, isForwarded: false)
    private let lan = Entrance(address: "192.168.1.9", isLoopback: false, isForwarded: false)
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func admit(
        _ access: AccessControl, _ credentials: Credentials, at entrance: Entrance
    ) async -> Result<Identity, AccessRefusal> {
        await withCheckedContinuation { continuation in
            access.admit(credentials, at: entrance) { continuation.resume(returning: $0) }
        }
    }

    private func kind(_ result: Result<Identity, AccessRefusal>) -> AccessRefusal.Kind? {
        if case .failure(let refusal) = result { refusal.kind } else { nil }
    }

    private func addUser(
        _ access: AccessControl, _ name: String, _ password: String, _ rights: Rights = .all
    ) async throws {
        try await withCheckedContinuation { continuation in
            access.addUser(name, password: password, rights) { continuation.resume(returning: $0) }
        }.get()
    }

    @Test func aHubWithoutUsersIsOpenToItsOwnMachineAndToNobodyBehindAProxy() async throws {
        let access = AccessControl(clock: clock)
        #expect(try await admit(access, .none, at: home).get().rights == .all)
        #expect(kind(await admit(access, .none, at: lan)) == .unauthorized)
        let proxied = Entrance(address: "127.0.0.1", isLoopback: true, isForwarded: true)
        let refused = await admit(access, .none, at: proxied)
        #expect(kind(refused) == .forbidden)
        guard case .failure(let refusal) = refused else { return }
        #expect(refusal.message.contains("komoku user add"))
        // Whoever gives something wrong is not taken for nobody.
        #expect(kind(await admit(access, .token("x"), at: home)) == .unauthorized)
        #expect(kind(await admit(access, .session("x"), at: home)) == .unauthorized)
        #expect(kind(await admit(access, .certificate(name: "x", fingerprint: "x"), at: home)) == .unauthorized)
    }

    @Test func theFirstAccountClosesTheHubAlsoForThoseWhoAreConnectedAndTheLastOneOpensIt() async throws {
        let access = AccessControl(clock: clock)
        let anybody = try await admit(access, .none, at: home).get()
        let secret = try access.addToken("laptop", .all)
        #expect(anybody.validRights == nil)
        #expect(kind(await admit(access, .none, at: home)) == .unauthorized)
        let always = Entrance(address: "", openness: .always)
        #expect(try await admit(access, .none, at: always).get().rights == .all)
        #expect(try await admit(access, .token(secret), at: lan).get().name == "laptop")
        try access.removeToken("laptop")
        #expect(try await admit(access, .none, at: home).get().rights == .all)
        #expect(kind(await admit(access, .token(secret), at: lan)) == .unauthorized)
    }

    @Test func somebodyCanAlwaysMakeOthers() async throws {
        let access = AccessControl(clock: clock)
        let some = Rights(reading: [try KeyPattern(validating: "a.*")], writing: [])
        #expect(throws: Refusal.self) { try access.addToken("grafana", some) }
        #expect(throws: Refusal.self) { try access.addToken("a", .all, expires: clock.now + .seconds(60)) }
        _ = try access.addToken("admin", .all)
        _ = try access.addToken("grafana", some)
        #expect(throws: Refusal.self) { try access.removeToken("admin") }
        #expect(throws: Refusal.self) { try access.setRights(some, ofToken: "admin") }
        try await addUser(access, "anna", "long enough")
        try access.removeToken("admin")
        #expect(throws: Refusal.self) { try access.removeUser("anna") }
        try access.removeToken("grafana")
        try access.removeUser("anna")
        #expect(!access.hasAccounts)
    }

    @Test func theLastOneStaysWhileOtherMachinesReachTheHub() async throws {
        let access = AccessControl(clock: clock)
        #expect(!access.setReach("0.0.0.0:7274") && access.reach == nil)
        _ = try access.addToken("admin", .all)
        #expect(access.setReach("0.0.0.0:7274"))
        let refusal = #expect(throws: Refusal.self) { try access.removeToken("admin") }
        #expect(refusal?.message?.contains("0.0.0.0:7274") == true && refusal?.message?.contains("reload") == true)
        try await addUser(access, "anna", "long enough")
        try access.removeToken("admin")
        #expect(throws: Refusal.self) { try access.removeUser("anna") }
        #expect(access.hasAccounts)
        #expect(access.setReach(nil))
        try access.removeUser("anna")
        #expect(!access.hasAccounts)
    }

    @Test func rightsFollowTheAccountWhileSomebodyIsConnected() async throws {
        let access = AccessControl(clock: clock)
        _ = try access.addToken("admin", .all)
        let secret = try access.addToken("tablet", Rights(reading: nil, writing: []), expires: clock.now + .seconds(60))
        let tablet = try await admit(access, .token(secret), at: lan).get()
        let key = try #require(KeyName("hall.light"))
        #expect(tablet.rights.mayRead(key) && !tablet.rights.mayWrite(key))
        try access.setRights(Rights(reading: [], writing: nil), ofToken: "tablet")
        #expect(!tablet.rights.mayRead(key) && tablet.rights.mayWrite(key))
        clock.advance(by: .seconds(60))
        #expect(tablet.validRights == nil)
        guard case .failure(let refusal) = await admit(access, .token(secret), at: lan) else {
            Issue.record("it has expired")
            return
        }
        #expect(refusal.message.contains("expired"))
    }

    @Test func aPasswordLetsItsUserInAndAnotherOneDoesNot() async throws {
        let access = AccessControl(clock: clock)
        try await addUser(access, "anna", "correct horse")
        let right = Credentials.password(name: "anna", password: "correct horse")
        #expect(try await admit(access, right, at: lan).get().label == "user anna")
        // The second time it is not hashed.
        #expect(try await admit(access, right, at: lan).get().label == "user anna")
        for credentials: Credentials in [
            .password(name: "anna", password: "wrong"), .password(name: "bert", password: "correct horse"),
            .password(name: "anna", password: ""), .password(name: "anna", password: "correct horse\0"),
            .password(name: "anna", password: String(repeating: "x", count: 100_000)),
        ] {
            #expect(kind(await admit(access, credentials, at: home)) == .unauthorized)
        }
        guard case .throttled(let seconds) = kind(await admit(access, right, at: home)) else {
            Issue.record("five failures are enough")
            return
        }
        #expect(seconds == 1)
        clock.advance(by: .seconds(1))
        #expect(try await admit(access, right, at: home).get().name == "anna")
        let anna = try await admit(access, right, at: lan).get()
        try await withCheckedContinuation { continuation in
            access.setPassword("another one", of: "anna") { continuation.resume(returning: $0) }
        }.get()
        #expect(anna.validRights == nil)
        #expect(kind(await admit(access, right, at: lan)) == .unauthorized)
    }

    @Test func wrongTokensWaitAndARightOneDoesNot() async throws {
        let access = AccessControl(clock: clock)
        let secret = try access.addToken("laptop", .all)
        for _ in 0..<Throttle.free { _ = await admit(access, .token("komoku_wrong"), at: lan) }
        #expect(kind(await admit(access, .token("komoku_wrong"), at: lan)) == .throttled(retryAfter: 1))
        #expect(try await admit(access, .token(secret), at: lan).get().name == "laptop")
    }

    @Test func aCertificateIsATokenAndItsFingerprintIsNoSecret() async throws {
        let access = AccessControl(clock: clock)
        _ = try access.addToken("admin", .all)
        let fingerprint = String(repeating: "ab", count: 32)
        try access.addToken("tablet", certificate: fingerprint, Rights(writing: []))
        #expect(
            try await admit(access, .certificate(name: "other", fingerprint: fingerprint), at: lan).get().label
                == "token tablet")
        #expect(kind(await admit(access, .token(fingerprint), at: lan)) == .unauthorized)
        #expect(
            kind(
                await admit(
                    access, .certificate(name: "tablet", fingerprint: String(repeating: "cd", count: 32)), at: lan))
                == .unauthorized)
        // By its name a certificate is a token that has a secret, or a user.
        #expect(try await admit(access, .certificate(name: "admin", fingerprint: "cd"), at: lan).get().name == "admin")
        #expect(throws: Refusal.self) { try access.addToken("again", certificate: fingerprint, .all) }
        #expect(throws: Refusal.self) { try access.addToken("odd", certificate: "xyz", .all) }
        #expect(access.tokens.map(\.certificate) == [nil, fingerprint])
        try access.removeToken("tablet")
        #expect(
            kind(await admit(access, .certificate(name: "other", fingerprint: fingerprint), at: lan)) == .unauthorized)
    }

    @Test func aSessionLastsUntilItIsOverOrItsUserIsGone() async throws {
        let access = AccessControl(clock: clock)
        _ = try access.addToken("admin", .all)
        try await addUser(access, "anna", "correct horse")
        func logIn() async throws -> WebSession {
            try await withCheckedContinuation { continuation in
                access.logIn(.password(name: "anna", password: "correct horse"), at: lan) {
                    continuation.resume(returning: $0)
                }
            }.get()
        }
        let session = try await logIn()
        #expect(try await admit(access, .session(session.cookie), at: lan).get().name == "anna")
        #expect(access.isRight(csrfToken: session.csrfToken, ofSession: session.cookie))
        #expect(!access.isRight(csrfToken: "", ofSession: session.cookie))
        #expect(!access.isRight(csrfToken: session.csrfToken, ofSession: "other"))
        access.logOut(session.cookie)
        #expect(kind(await admit(access, .session(session.cookie), at: lan)) == .unauthorized)
        let second = try await logIn()
        clock.advance(by: .seconds(91 * 86_400))
        #expect(kind(await admit(access, .session(second.cookie), at: lan)) == .unauthorized)
        let third = try await logIn()
        try access.removeUser("anna")
        #expect(kind(await admit(access, .session(third.cookie), at: lan)) == .unauthorized)
    }

    /// Whoever is logged in stays so over a restart, unless his password or his token was changed, or it is too long ago; the
    /// file holds nothing to come in with.
    @Test func sessionsOutliveTheProcess() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/komoku.db"
        func open() throws -> (Store, AccessControl) {
            let store = try Store(Store.Configuration(location: .file(path)), logger: Self.silent)
            return (store, AccessControl(store: store, clock: clock))
        }
        func logIn(_ access: AccessControl, _ credentials: Credentials) async throws -> WebSession {
            try await withCheckedContinuation { continuation in
                access.logIn(credentials, at: lan) { continuation.resume(returning: $0) }
            }.get()
        }
        var (store, access) = try open()
        let secret = try access.addToken("tablet", .all)
        let anna = Credentials.password(name: "anna", password: "correct horse")
        try await addUser(access, "anna", "correct horse")
        try await addUser(access, "bert", "correct horse")
        let (phone, tablet) = (try await logIn(access, anna), try await logIn(access, .token(secret)))
        let (left, bert) = (
            try await logIn(access, anna),
            try await logIn(access, .password(name: "bert", password: "correct horse"))
        )
        access.logOut(left.cookie)
        store.close()

        // The clock of a board without a battery stands years before, until it is set.
        clock.jump(by: .seconds(-20 * 365 * 86_400))
        (store, access) = try open()
        clock.jump(by: .seconds(20 * 365 * 86_400))
        #expect(try await admit(access, .session(phone.cookie), at: lan).get().name == "anna")
        #expect(access.isRight(csrfToken: phone.csrfToken, ofSession: phone.cookie))
        #expect(try await admit(access, .session(tablet.cookie), at: lan).get().label == "token tablet")
        #expect(kind(await admit(access, .session(left.cookie), at: lan)) == .unauthorized)
        let kept = "\(try store.sessions())"
        #expect(!kept.contains(phone.cookie) && !kept.contains(phone.csrfToken))
        try await withCheckedContinuation { continuation in
            access.setPassword("another one", of: "bert") { continuation.resume(returning: $0) }
        }.get()
        try access.removeToken("tablet")
        _ = try access.addToken("tablet", .all)
        store.close()

        (store, access) = try open()
        #expect(try await admit(access, .session(phone.cookie), at: lan).get().name == "anna")
        #expect(kind(await admit(access, .session(bert.cookie), at: lan)) == .unauthorized)
        #expect(kind(await admit(access, .session(tablet.cookie), at: lan)) == .unauthorized)
        store.close()

        clock.advance(by: .seconds(91 * 86_400))
        (store, access) = try open()
        defer { store.close() }
        #expect(kind(await admit(access, .session(phone.cookie), at: lan)) == .unauthorized)
        store.close()
        (store, access) = try open()
        #expect(try store.sessions().isEmpty)
    }

    @Test func usersAndTokensOutliveTheProcessAndNoSecretIsInTheFile() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/komoku.db"
        let secret: String
        let pattern = try KeyPattern(validating: "hall.**")
        do {
            let store = try Store(Store.Configuration(location: .file(path)), logger: Self.silent)
            let access = AccessControl(store: store, clock: clock)
            try await addUser(access, "anna", "correct horse")
            secret = try access.addToken("tablet", Rights(reading: [pattern], writing: []))
            _ = await admit(access, .token(secret), at: lan)
            store.close()
        }
        let store = try Store(Store.Configuration(location: .file(path)), logger: Self.silent)
        defer { store.close() }
        let rows = try store.accounts()
        #expect(rows.users.map(\.name) == ["anna"] && rows.users[0].secret.hasPrefix("$y$"))
        #expect(rows.tokens.map(\.used) == [clock.now])
        #expect(!rows.tokens[0].secret.contains(secret) && !"\(rows)".contains("correct horse"))
        let access = AccessControl(store: store, clock: clock)
        #expect(access.hasAccounts)
        let tablet = try await admit(access, .token(secret), at: lan).get()
        #expect(tablet.rights == Rights(reading: [pattern], writing: []))
        #expect(kind(await admit(access, .none, at: home)) == .unauthorized)
        let right = Credentials.password(name: "anna", password: "correct horse")
        #expect(try await admit(access, right, at: lan).get().rights == .all)
    }

    @Test(arguments: ["", "a b", "a:b", "a\nb", "a/b", String(repeating: "x", count: 65)])
    func aNameThatCannotBeToldApartIsRefused(name: String) {
        let access = AccessControl(clock: clock)
        #expect(throws: Refusal.self) { try access.addToken(name, .all) }
    }

    @Test func nothingOfCredentialsIsEverPrinted() {
        let secrets: [Credentials] = [
            .token("geheim"), .password(name: "anna", password: "geheim"), .session("geheim"),
        ]
        for credentials in secrets {
            var text = ""
            dump(credentials, to: &text)
            #expect(!"\(credentials) \(String(reflecting: credentials)) \(text) \(secrets)".contains("geheim"))
        }
    }

    @Test func secretsAreLongAndComparedWhole() {
        #expect(
            AccessSecret.isEqual([1, 2], [1, 2]) && !AccessSecret.isEqual([1, 2], [1, 3])
                && !AccessSecret.isEqual([1], [1, 2]))
        #expect(AccessSecret.random() != AccessSecret.random() && AccessSecret.random().utf8.count == 43)
    }
}
