// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A library target of the hub.
func part(
    _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil, exclude: [String] = [],
    embedding: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, exclude: exclude,
        resources: embedding.map { .embedInCode($0) }, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let nio: [Target.Dependency] = ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOWebSocket", "NIOConcurrencyHelpers"].map {
    .product(name: $0, package: "swift-nio")
}
let tls: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let tlsEvents: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let compression: Target.Dependency = .product(name: "NIOHTTPCompression", package: "swift-nio-extras")

let package = Package(
    name: "komoku",
    products: [
        .executable(name: "komokud", targets: ["komokud"]),
        .executable(name: "komoku", targets: ["komoku-cli"]),
        .executable(name: "komoku-demo-house", targets: ["komoku-demo-house"]),
        .executable(name: "komoku-bench-store", targets: ["komoku-bench-store"]),
        .executable(name: "komoku-bench-rules", targets: ["komoku-bench-rules"]),
        .executable(name: "komoku-bench-puts", targets: ["komoku-bench-puts"]),
        .library(name: "KomokuClient", targets: ["Komoku", "KomokuWire", "KomokuClient"]),
        // The same interface on a database of one's own, and a server for it.
        .library(name: "KomokuStandalone", targets: ["Komoku", "KomokuWire", "KomokuClient", "KomokuStandalone"]),
        .library(
            name: "KomokuServer",
            targets: ["Komoku", "KomokuWire", "KomokuClient", "KomokuStandalone", "KomokuEmbedding"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    ],
    targets: [
        .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"])]),
        // The web page in the program.
        .target(name: "CPage", exclude: ["list"]),
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CSpawn"),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

        part("Komoku"),
        part("KomokuExpression", ["Komoku", "CPCRE2"]),
        part("KomokuCalendar", ["Komoku"]),
        part("KomokuPrometheus", ["Komoku", "KomokuExpression"]),
        part("KomokuYAML", ["Komoku", "CYAML"]),
        part("KomokuWire", ["Komoku"]),
        // The third protocol; Proto/generate makes its Swift.
        part(
            "KomokuProto", ["Komoku", "KomokuWire", protobuf], exclude: ["Proto/komoku.proto", "Proto/generate"]),
        part("KomokuSystem", ["Komoku", "CSpawn", deque]),
        part("KomokuSQLite", ["CSQLite"]),
        part("KomokuStore", ["Komoku", "KomokuSystem", "KomokuYAML", "KomokuSQLite", log]),
        part(
            "KomokuHub",
            [
                "Komoku", "KomokuSystem", "KomokuStore", "KomokuYAML", log, deque,
                .product(name: "HeapModule", package: "swift-collections"),
            ]),
        part(
            "KomokuMQTT",
            [
                "Komoku", "KomokuSystem", "KomokuExpression", "KomokuYAML", "KomokuHub", "KomokuStore", "CMosquitto",
                log,
            ]),
        part(
            "KomokuRules",
            [
                "Komoku", "KomokuSystem", "KomokuExpression", "KomokuCalendar", "KomokuYAML", "KomokuStore",
                "KomokuHub", log, deque,
                .product(name: "HeapModule", package: "swift-collections"),
            ]),
        // What is asked for instead of heard: web services.
        part(
            "KomokuSources",
            [
                "Komoku", "KomokuSystem", "KomokuExpression", "KomokuYAML", "KomokuStore", "KomokuHub", "KomokuMQTT",
                "KomokuRules", log,
            ]),
        part(
            "KomokuDesk",
            [
                "Komoku", "KomokuExpression", "KomokuWire", "KomokuYAML", "KomokuStore", "KomokuHub", "KomokuRules",
                "KomokuSystem", "CCrypt", log,
            ], embedding: ["Examples"]),
        part(
            "KomokuServer",
            [
                "Komoku", "KomokuPrometheus", "KomokuSystem", "KomokuWire", "KomokuProto", "KomokuYAML", "KomokuHub",
                "KomokuStore", "KomokuDesk", "CPage", log,
                deque, tls, compression,
            ]
                + nio, exclude: ["Web"], embedding: ["Manual"]),
        part("KomokuAgent", ["Komoku", "KomokuSystem", "KomokuWire"]),
        part("KomokuClient", ["Komoku", "KomokuSQLite", "KomokuWire", "KomokuProto", deque, tls] + nio),
        part(
            "KomokuStandalone",
            ["Komoku", "KomokuWire", "KomokuStore", "KomokuHub", "KomokuDesk", "KomokuClient", log]),
        part("KomokuEmbedding", ["KomokuWire", "KomokuStandalone", "KomokuServer", log]),
        .executableTarget(
            name: "komokud",
            dependencies: [
                "Komoku", "KomokuSystem", "KomokuExpression", "KomokuCalendar", "KomokuYAML", "KomokuStore",
                "KomokuHub",
                "KomokuMQTT", "KomokuRules", "KomokuSources", "KomokuWire", "KomokuDesk", "KomokuServer", "CSpawn", log,
                arguments,
            ], swiftSettings: settings),
        // The target cannot be called `komoku`: its name would differ from the library's in case only.
        .executableTarget(
            name: "komoku-cli",
            dependencies: [
                "Komoku", "KomokuSystem", "KomokuYAML", "KomokuWire", "KomokuAgent", "KomokuClient", arguments,
            ], path: "Sources/komoku", swiftSettings: settings),
        .executableTarget(name: "komoku-demo-house", dependencies: ["Komoku", "CMosquitto"], swiftSettings: settings),

        // Measure in process; see Benchmarks/README.md.
        part("BenchFigures", ["Komoku", "CSpawn", arguments], path: "Benchmarks/figures"),
        .executableTarget(
            name: "komoku-bench-store",
            dependencies: [
                "BenchFigures", "Komoku", "KomokuSQLite", "KomokuStore", "KomokuHub", log, arguments,
            ], path: "Benchmarks/store", swiftSettings: settings),
        .executableTarget(
            name: "komoku-bench-rules",
            dependencies: [
                "BenchFigures", "Komoku", "KomokuExpression", "KomokuYAML", "KomokuStore", "KomokuHub", "KomokuRules",
                log, arguments,
            ], path: "Benchmarks/rules", swiftSettings: settings),
        .executableTarget(
            name: "komoku-bench-puts",
            dependencies: ["Komoku", "KomokuWire", "KomokuProto", "KomokuClient", arguments], path: "Benchmarks/puts",
            swiftSettings: settings),

        .target(name: "CFaultVFS", path: "Tests/CFaultVFS", linkerSettings: [.linkedLibrary("sqlite3")]),
        part(
            "KomokuTesting", ["Komoku", "KomokuHub", "KomokuStore", "CMosquitto", "CFaultVFS", log],
            path: "Tests/KomokuTesting"),
        part(
            "KomokuDeskTesting",
            [
                "Komoku", "KomokuSystem", "KomokuYAML", "KomokuExpression", "KomokuWire", "KomokuStore", "KomokuHub",
                "KomokuRules", "KomokuDesk", "KomokuTesting", log,
            ], path: "Tests/KomokuDeskTesting"),
        tests("DemoHouseTests", ["Komoku", "komoku-demo-house"]),
        tests("KomokuTests", ["Komoku", "KomokuTesting"]),
        tests("KomokuExpressionTests", ["Komoku", "KomokuExpression", "KomokuTesting"]),
        tests("KomokuSystemTests", ["Komoku", "KomokuSystem", "KomokuTesting"]),
        tests("KomokuWireTests", ["Komoku", "KomokuWire", "KomokuTesting"], exclude: ["Fixtures"]),
        tests("KomokuProtoTests", ["Komoku", "KomokuWire", "KomokuProto", "KomokuTesting", protobuf]),
        tests(
            "KomokuDeskTests",
            [
                "Komoku", "KomokuSystem", "KomokuWire", "KomokuYAML", "KomokuStore", "KomokuHub", "KomokuRules",
                "KomokuDesk", "KomokuTesting", "KomokuDeskTesting", log,
            ]),
        tests("KomokuAgentTests", ["Komoku", "KomokuSystem", "KomokuWire", "KomokuAgent", "KomokuTesting"]),
        tests(
            "KomokuCalendarTests", ["Komoku", "KomokuStore", "KomokuCalendar", "KomokuTesting"], exclude: ["Fixtures"]),
        tests("KomokuPrometheusTests", ["Komoku", "KomokuPrometheus", "KomokuTesting"]),
        tests("KomokuYAMLTests", ["Komoku", "KomokuYAML", "KomokuTesting"]),
        tests(
            "KomokuStoreTests",
            ["Komoku", "KomokuSystem", "KomokuSQLite", "KomokuStore", "KomokuTesting", log], exclude: ["Fixtures"]),
        tests("KomokuHubTests", ["Komoku", "KomokuYAML", "KomokuHub", "KomokuStore", "KomokuTesting", log]),
        tests(
            "KomokuMQTTTests",
            [
                "Komoku", "KomokuExpression", "KomokuYAML", "KomokuStore", "KomokuHub", "KomokuMQTT", "KomokuTesting",
                log,
            ], exclude: ["Fixtures"]),
        tests(
            "KomokuRulesTests",
            [
                "Komoku", "KomokuSystem", "KomokuYAML", "KomokuExpression", "KomokuCalendar", "KomokuStore",
                "KomokuHub", "KomokuRules",
                "KomokuTesting", log,
            ]),
        tests(
            "KomokuSourcesTests",
            [
                "Komoku", "KomokuSystem", "KomokuYAML", "KomokuStore", "KomokuHub", "KomokuMQTT", "KomokuRules",
                "KomokuSources", "KomokuTesting", log,
            ]),
        tests(
            "Simulation",
            [
                "Komoku", "KomokuExpression", "KomokuYAML", "KomokuStore", "KomokuHub", "KomokuMQTT", "KomokuRules",
                "KomokuTesting", log,
            ]),
        tests(
            "KomokuServerTests",
            [
                "Komoku", "KomokuSystem", "KomokuWire", "KomokuProto", "KomokuYAML", "KomokuStore", "KomokuHub",
                "KomokuDesk", "KomokuServer", "KomokuTesting", "KomokuDeskTesting", log, tls, tlsEvents,
            ] + nio),
        tests(
            "KomokuClientTests",
            [
                "Komoku", "KomokuSystem", "KomokuWire", "KomokuYAML", "KomokuClient", "KomokuStore", "KomokuHub",
                "KomokuDesk", "KomokuServer", "KomokuStandalone", "KomokuEmbedding", "KomokuTesting", "komoku-cli",
                arguments, log, tls,
            ] + nio),
        tests(
            "Acceptance",
            ["Komoku", "KomokuClient", "KomokuWire", "KomokuTesting", "komokud", "komoku-cli", "komoku-demo-house"],
            exclude: ["Fixtures"]),
    ]
)

// `KOMOKU_ONLY=KomokuStoreTests,KomokuHubTests swift build --build-tests` builds these targets and what they need: a change
// deep down is tried in a third of the time.
if let names = Context.environment["KOMOKU_ONLY"]?.split(separator: ",").map(String.init) {
    var wanted = names
    var found: Set<String> = []
    while let name = wanted.popLast() {
        guard found.insert(name).inserted else { continue }
        for target in package.targets where target.name == name {
            for case .byNameItem(let needed, _) in target.dependencies { wanted.append(needed) }
        }
    }
    package.targets.removeAll { !found.contains($0.name) }
    package.products = []
}
