import Komoku
import KomokuDesk
import KomokuDeskTesting
import KomokuTesting
import KomokuWire
import Testing

/// What a guest is answered is what he would be answered in a house without what he must not hear of.
@Suite(.timeLimit(.minutes(2))) struct VisibilityTests {
    @Test func everyCommandIsTried() {
        for name in Command.Name.allCases {
            #expect(GuestHouse.bodies[name]?.isEmpty == false, "what may a guest try of '\(name.rawValue)'?")
        }
    }

    @Test(arguments: Command.Name.allCases)
    func aGuestIsAnsweredAsInAHouseWithoutWhatIsHidden(name: Command.Name) async throws {
        let questions = (GuestHouse.bodies[name] ?? []).map { #"{"\#(name.rawValue)":\#($0)}"# }
        func answers(isWhole: Bool) async throws -> [String] {
            try await GuestHouse.run(isWhole: isWhole) { house in
                var answers: [String] = []
                for question in questions {
                    let guest = Caller("test", isLocal: true, rights: try GuestHouse.rights)
                    answers.append(try await house.ask(question, as: guest))
                }
                return answers
            }
        }
        let (whole, plain) = (try await answers(isWhole: true), try await answers(isWhole: false))
        for (question, (told, wanted)) in zip(questions, zip(whole, plain)) {
            #expect(told == wanted, "\(question)")
            // An answer may repeat what was asked.
            if !GuestHouse.isLeak(question) { #expect(!GuestHouse.isLeak(told), "\(question)") }
        }
    }

    /// A value that a rule brought which he may not see: that it was a rule is told, and not which.
    @Test func theCauseOfAVisibleValueTellsNothingOfARuleThatIsHidden() async throws {
        try await GuestHouse.run(isWhole: true, setsScene: true) { house in
            let guest = Caller("test", isLocal: true, rights: try GuestHouse.rights)
            let why = try await house.ask(#"{"why":{"key":"hall.scene"}}"#, as: guest)
            #expect(why.contains(#""value":"bright""#) && why.contains(#""kind":"rule""#), "\(why)")
            #expect(!GuestHouse.isLeak(why), "\(why)")
            let owner = try await house.ask(#"{"why":{"key":"hall.scene"}}"#, as: Caller("test", isLocal: true))
            #expect(owner.contains("geheim-setter"))
        }
    }

    /// A run that a rule led to which he may not see: that it was a rule is told, and not which.
    @Test(arguments: [
        #"{"runs":{}}"#, #"{"runs":{"rule":"scene-light"}}"#, #"{"runs":{"limit":500}}"#,
        #"{"why":{"rule":"scene-light"}}"#, #"{"why":{"key":"hall.light"}}"#, #"{"activity":{}}"#,
        #"{"activity":{"rule":"scene-light"}}"#, #"{"activity":{"key":"hall.light"}}"#,
    ])
    func theOccasionOfAVisibleRunTellsNothingOfARuleThatIsHidden(question: String) async throws {
        try await GuestHouse.run(isWhole: true, setsScene: true) { house in
            let guest = Caller("test", isLocal: true, rights: try GuestHouse.rights)
            let told = try await house.ask(question, as: guest)
            #expect(told.contains("scene-light") && told.contains(#""source":"rule""#), "\(told)")
            #expect(!GuestHouse.isLeak(told) && !told.contains(#""parent""#), "\(told)")
            let occasions = try JSON(parsing: told)["result"]?["activity"]?.array ?? []
            for occasion in occasions where occasion["cause"]?["source"] == "rule" {
                #expect(occasion["cause"]?["run"] == nil, "\(told)")
            }
            let owner = try await house.ask(question, as: Caller("test", isLocal: true))
            #expect(owner.contains(#""source":"rule geheim-setter""#), "\(owner)")
        }
    }

    /// Who put a value is for administrators to know, in the cause of a key, in activity and in runs.
    @Test func whoPutAValueIsToldToAdministratorsAlone() async throws {
        try await GuestHouse.run(isWhole: false) { house in
            let entrance = Entrance(address: "", openness: .never)
            let accounts = [
                Identity(.user, name: "anna", Account(.all)), Identity(.token, name: "tablet", Account(.all)),
            ]
            let guest = Caller("test", isLocal: true, rights: try GuestHouse.rights)
            let owner = Caller("test", isLocal: true)
            for (value, identity) in zip([7, 8], accounts) {
                let caller = Caller("http", isLocal: true, identity: identity, entrance: entrance)
                house.clock.advance(by: .seconds(1))
                _ = try await house.ask(#"{"put":{"key":"hall.lux","value":\#(value)}}"#, as: caller)
                let told = try await house.ask(#"{"why":{"key":"hall.lux"}}"#, as: owner)
                #expect(told.contains(#""client":"http","by":"\#(identity.label ?? "")""#), "\(told)")
                let activity = try await house.ask(#"{"activity":{"key":"hall.lux"}}"#, as: owner)
                #expect(activity.contains(#""client":"http","by":"\#(identity.label ?? "")""#), "\(activity)")
                let runs = try await house.ask(#"{"runs":{"limit":1}}"#, as: owner)
                #expect(runs.contains("client http \(identity.label ?? "")"), "\(runs)")
                let questions = [
                    #"{"why":{"key":"hall.lux"}}"#, #"{"why":{"rule":"lux-light"}}"#, #"{"runs":{}}"#,
                    #"{"activity":{"key":"hall.lux"}}"#, #"{"activity":{"rule":"lux-light"}}"#,
                ]
                for question in questions {
                    let hidden = try await house.ask(question, as: guest)
                    #expect(hidden.contains("http") && !hidden.contains(identity.name), "\(hidden)")
                }
            }
        }
    }

    /// The house has what the matrix is about: its owner is told of it.
    @Test(arguments: [
        #"{"keys":{}}"#, #"{"devices":{}}"#, #"{"rules":{}}"#, #"{"runs":{}}"#, #"{"notifications":{}}"#,
        #"{"renames":{}}"#, #"{"export":{}}"#, #"{"why":{"rule":"geheim-teller"}}"#,
    ])
    func theOwnerIsToldOfAll(question: String) async throws {
        try await GuestHouse.run(isWhole: true) { house in
            let answer = try await house.ask(question, as: Caller("test", isLocal: true))
            #expect(GuestHouse.isLeak(answer), "\(answer)")
        }
    }
}
