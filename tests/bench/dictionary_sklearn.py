# The peer of bench dictionary: scikit-learn's MiniBatchDictionaryLearning on the same patches.
#
# python3 dictionary_sklearn.py FOLDER LAMBDA TYPE BATCH SWEEPS JOBS LOOK...
#
# Reads FOLDER/samples.npy (features x samples) and FOLDER/start.npy (features x atoms); writes, for
# the first whole batch at or after each LOOK (a number of samples), a row (samples, CPU seconds,
# wall seconds) of FOLDER/course.npy and the dictionary (atoms x features) of FOLDER/dictionaries.npy.
# TYPE is float32 or float64; SWEEPS the most that coordinate descent makes for a code. Timed is
# partial_fit and no more; what it needs once at the start is in the first row.
import os
import sys
import time
import warnings

import joblib
import numpy
import sklearn
from sklearn.decomposition import MiniBatchDictionaryLearning

folder, penalty, number = sys.argv[1], float(sys.argv[2]), sys.argv[3]
batch, sweeps, jobs, *looks = [int(argument) for argument in sys.argv[4:]]
samples = numpy.ascontiguousarray(numpy.load(folder + "/samples.npy").T, dtype=number)
start = numpy.ascontiguousarray(numpy.load(folder + "/start.npy").T, dtype=number)
warnings.simplefilter("ignore")  # few sweeps are meant to end before convergence
os.environ["PYTHONWARNINGS"] = "ignore"  # nor do its workers say so
sklearn.set_config(assume_finite=True)  # checks nothing that need not be checked
learner = MiniBatchDictionaryLearning(
    n_components=len(start), alpha=penalty, batch_size=batch, fit_algorithm="cd", dict_init=start,
    positive_code=True, positive_dict=True, transform_max_iter=sweeps, n_jobs=jobs, random_state=0)

joblib.Parallel(n_jobs=jobs)(joblib.delayed(abs)(job) for job in range(jobs))  # starts the workers

course, dictionaries = [], []
done, cpu, wall = 0, 0.0, 0.0
for look in looks:
    while done < look and done + batch <= len(samples):
        part = samples[done:done + batch]
        cpu_start, wall_start = time.process_time(), time.perf_counter()
        learner.partial_fit(part)
        cpu += time.process_time() - cpu_start
        wall += time.perf_counter() - wall_start
        done += batch
    if done >= look and not (course and course[-1][0] == done):
        course.append((done, cpu, wall))
        dictionaries.append(learner.components_.copy())
numpy.save(folder + "/course.npy", numpy.array(course))
numpy.save(folder + "/dictionaries.npy", numpy.ascontiguousarray(dictionaries))
