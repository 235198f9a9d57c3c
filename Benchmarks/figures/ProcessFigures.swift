import CSpawn
import Glibc

/// What the kernel says of this process and its files.
package enum ProcessFigures {
    /// Bytes that were or will be written to disks.
    package static var writtenBytes: Int { field("write_bytes:", of: "/proc/self/io") }

    package static var residentMiB: Double { Double(field("VmRSS:", of: "/proc/self/status")) / 1024 }

    /// The same once free memory was given back, as the daemon does every now and then.
    package static var trimmedMiB: Double {
        malloc_trim(0)
        return residentMiB
    }

    /// Seconds that the process has been computing, on all cores.
    package static var computedSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    private static func field(_ name: String, of path: String) -> Int {
        guard let file = fopen(path, "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let words = String(decoding: bytes, as: UTF8.self).split { " \t\n".contains($0) }
            if words.first.map(String.init) == name, words.count > 1 { return Int(words[1]) ?? 0 }
        }
        return 0
    }

    package static func fileBytes(_ path: String) -> Int {
        ["", "-wal"].reduce(0) { sum, suffix in
            var status = stat()
            return stat(path + suffix, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }
}
