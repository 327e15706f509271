// Whole files into memory, with errors that say what to do.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace clockless {

/// All bytes of a file; throws Error where it cannot be opened or read, or exceeds `limit` bytes.
std::vector<std::byte> read_file(const std::filesystem::path& path,
                                 std::size_t limit = std::size_t{1} << 32);

/// The first `count` bytes of a file, or fewer where it is shorter: enough to tell its format.
std::vector<std::byte> read_start(const std::filesystem::path& path, std::size_t count);

/// True for data that opens with gzip's two magic bytes.
bool is_gzip(std::span<const std::byte> data);

/// Unpacks gzip data (several members follow each other, as in RFC 1952) and stops after `limit`
/// bytes, so that memory is bounded by what the caller expects. Reaching the end verifies the
/// checksum. Throws Error naming `name` for corrupt or truncated data.
std::vector<std::byte> gunzip(std::span<const std::byte> data, std::size_t limit,
                              std::string_view name);

}  // namespace clockless
